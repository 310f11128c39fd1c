/** Credentials out of what is recorded: the protocol knows where they are, and mends its checks. */
import { COVERED, type Direction, type Framer, type Identity, type Profile, type Protocol } from "../../core/index.ts";

/** `COVERED` stands for the right secret, so that a replay logs in with it; this for whatever else was tried. */
const WRONG = "wrong";

/** Bytes held back until their frame is complete; beyond, they are left out. */
const HELD_BYTES = 64 * 1024;

/** Covers the credentials in what one side says. */
export class Cover {
  readonly #protocol: Protocol;
  readonly #direction: Direction;
  readonly #framer: Framer;
  readonly #known: ReadonlySet<string> | null;
  #held: Buffer = Buffer.alloc(0);

  constructor(protocol: Protocol, direction: Direction, identity: Identity | null) {
    this.#protocol = protocol;
    this.#direction = direction;
    this.#framer = protocol.listen?.(direction) ?? protocol.connect().framer;
    const secrets = identity === null ? [] : [identity.secret, ...secretSettings(protocol).map((name) => identity.profile[name])];
    const known = secrets.filter((secret): secret is string => typeof secret === "string" && secret !== "");
    this.#known = known.length === 0 ? null : new Set(known);
  }

  /** What may be kept now; half a frame is held back until the rest of it has come. */
  hear(bytes: Buffer): Buffer {
    this.#held = Buffer.concat([this.#held, bytes]);
    this.#framer.push(Buffer.from(bytes));
    for (let unit = this.#framer.next(); unit !== null && unit.kind !== "broken"; unit = this.#framer.next())
      if (unit.kind === "frame") this.#coverFrame(unit.bytes);
    const said = this.#held;
    if (this.#framer.buffered > 0 && said.length <= HELD_BYTES) return NOTHING;
    this.#held = NOTHING;
    return this.#framer.buffered > 0 ? NOTHING : said;
  }

  #coverFrame(frame: Buffer): void {
    const covered = this.#protocol.redact?.(frame, this.#direction, (secret) => this.#word(secret)) ?? null;
    if (covered === null) return;
    const at = this.#held.indexOf(frame);
    // A frame that the framer put together stands nowhere as it is: then only the frame is kept.
    this.#held = at === -1 ? covered : Buffer.concat([this.#held.subarray(0, at), covered, this.#held.subarray(at + frame.length)]);
  }

  #word(secret: string): string {
    return this.#known === null || this.#known.has(secret) ? COVERED : WRONG;
  }
}

const NOTHING = Buffer.alloc(0);

/** The profile without its secrets, as the covered frames have them: settings whose schema says `writeOnly`. */
export function coveredProfile(protocol: Protocol, profile: Profile): Profile {
  const secret = new Set(secretSettings(protocol));
  return Object.fromEntries(Object.entries(profile).map(([name, value]) => [name, secret.has(name) ? COVERED : value]));
}

function secretSettings(protocol: Protocol): readonly string[] {
  const properties = (protocol.profile["properties"] ?? {}) as Readonly<Record<string, { readonly writeOnly?: boolean }>>;
  return Object.keys(properties).filter((name) => properties[name]?.writeOnly === true);
}
