/** Explains what two sides said, frame by frame, in the order in which the frames were complete. */
import type { Direction, Explanation, Framer, Protocol } from "../core/index.ts";
import { detect } from "../gateway/detector.ts";
import type { Piece } from "./recordings/recording.ts";

/** One unit of what was said; noise is what is no frame, rest what a frame still lacks. */
export interface Unit {
  readonly direction: Direction;
  readonly kind: "frame" | "noise" | "rest" | "broken";
  readonly bytes: Buffer;
  readonly explanation: Explanation | null;
  readonly reason: string | null;
  readonly at: number | null;
}

export function explainPieces(protocol: Protocol, pieces: readonly Piece[]): readonly Unit[] {
  const sides = { up: new Side(protocol, "up"), down: new Side(protocol, "down") };
  const units = pieces.flatMap((piece) => sides[piece.direction].hear(piece));
  return [...units, ...sides.up.rest(), ...sides.down.rest()];
}

/** The protocol that begins like this; `undecided`: too few bytes to tell. */
export function protocolOf(pieces: readonly Piece[], protocols: readonly Protocol[]): Protocol | "undecided" | null {
  const first = pieces[0];
  if (first === undefined) return "undecided";
  const head = Buffer.concat(pieces.filter(({ direction }) => direction === "up").map(({ bytes }) => bytes));
  const detected = detect(head, protocols);
  if (detected.type === "found") return detected.protocol;
  // A recording may begin in the middle, and what a gateway says begins otherwise: then whole frames have to do.
  const turned = pieces.map((piece) => ({ ...piece, direction: piece.direction === "up" ? ("down" as const) : ("up" as const) }));
  for (const said of [pieces, turned]) {
    const protocol = protocols.find((one) => explainPieces(one, said).every(({ kind }) => kind === "frame"));
    if (protocol !== undefined) return protocol;
  }
  return detected.type === "more" ? "undecided" : null;
}

class Side {
  readonly #protocol: Protocol;
  readonly #direction: Direction;
  readonly #framer: Framer;
  #broken = false;
  #heard: Buffer = Buffer.alloc(0);

  constructor(protocol: Protocol, direction: Direction) {
    this.#protocol = protocol;
    this.#direction = direction;
    this.#framer = protocol.listen?.(direction) ?? protocol.connect().framer;
  }

  hear({ bytes, at }: Piece): readonly Unit[] {
    if (this.#broken) return [];
    const held = this.#framer.buffered;
    this.#heard = Buffer.concat([this.#heard.subarray(this.#heard.length - held), bytes]);
    this.#framer.push(Buffer.from(bytes));
    const units: Unit[] = [];
    for (let unit = this.#framer.next(); unit !== null && !this.#broken; unit = this.#framer.next()) {
      this.#broken = unit.kind === "broken";
      const said = unit.kind === "broken" ? Buffer.alloc(0) : Buffer.from(unit.bytes);
      const explanation = unit.kind === "frame" ? this.#protocol.explain(said, this.#direction) : null;
      const reason = unit.kind === "frame" ? null : unit.reason;
      units.push({ direction: this.#direction, kind: unit.kind, bytes: said, explanation, reason, at });
    }
    return units;
  }

  rest(): readonly Unit[] {
    const { buffered } = this.#framer;
    if (buffered === 0 || this.#broken) return [];
    const bytes = this.#heard.subarray(-buffered);
    return [{ direction: this.#direction, kind: "rest", bytes, explanation: null, reason: "a frame that is not complete", at: null }];
  }
}
