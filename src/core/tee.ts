/**
 * A line that is shared with an upstream server. What is said to us stays with us; all else is relayed as it came, and not
 * answered by us: a device erases what was acknowledged, so only who keeps it may acknowledge it. What the upstream says passes
 * frame by frame between our own.
 *
 * That a text is stored before its frame is relayed needs no rule of its own: a frame is relayed where it would be answered.
 */
import type { Framed, Framer } from "./framing.ts";
import type { Codec, DeviceEvent, Profile, Reading, Verdict } from "./protocol.ts";
import { RawCut } from "./raw-cut.ts";
import type { Effect } from "./session-io.ts";
import type { TeeTerms } from "./tee-terms.ts";

/** What waits while the upstream is called for the first time; what exceeds it is not relayed, and so not acknowledged. */
const WAITING_BYTES = 64 * 1024;
/** A frame that is cut from the stream, either way, with a body that nobody reads. */
const MAX_RAW_BYTES = 2 * 1024 * 1024;

type Hello = Extract<DeviceEvent, { type: "hello" }>;

/** `calling`: for the first time. `down`: it was lost, or could not be reached. */
type State = "closed" | "calling" | "up" | "down";

interface Downstream {
  readonly framer: Framer;
  readonly cut: RawCut | null;
}

export class Tee {
  readonly #terms: TeeTerms;
  readonly #codec: Codec;
  readonly #cut: RawCut | null;
  #profile: Profile = {};
  #target = "";
  #state: State = "closed";
  /** Of the connection that is up. */
  #down: Downstream | null = null;
  /** All bytes of the frame in hand, a copy; null: they were more than is kept. */
  #raw: Buffer | null = null;
  #withheld = false;
  /** Said to each new upstream. */
  readonly #hellos = new Map<Hello["scope"], Buffer>();
  #waiting: Buffer[] = [];
  #relays: Buffer[] = [];

  constructor(terms: TeeTerms, codec: Codec) {
    this.#terms = terms;
    this.#codec = codec;
    this.#cut = terms.raw === undefined ? new RawCut(codec.framer) : null;
  }

  /** The frame in hand is the upstream's to answer. */
  get withheld(): boolean {
    return this.#withheld;
  }

  /** The tracker has logged in; false: its profile names no upstream. */
  open(profile: Profile, out: Effect[]): boolean {
    const target = profile["tee"];
    if (typeof target !== "string") return false;
    this.#profile = profile;
    this.#target = target;
    this.#state = "calling";
    this.#cut?.widen(MAX_RAW_BYTES);
    out.push({ type: "share", target });
    return true;
  }

  /** Bytes of the device, which the framer gets as well. */
  push(chunk: Buffer): void {
    this.#cut?.push(chunk);
  }

  /** What the framer gave; null: it has nothing more for now. */
  framed(framed: Framed | null, out: Effect[]): void {
    if (framed === null) return this.#cut?.rest();
    if (framed.kind === "broken") return;
    this.#raw = this.#copyOf(framed, this.#cut);
    if (framed.kind !== "noise") return;
    this.#relay(this.#raw);
    this.flush(out);
  }

  /** The reading of the frame in hand; where that is not ours its answer is left to the upstream. */
  share(reading: Reading, frame: Buffer, out: Effect[]): Reading {
    this.#withheld = false;
    const hello = reading.events.find((event) => event.type === "hello");
    if (hello !== undefined) return this.#greeting(reading, hello);
    if (this.#state === "closed") return reading;
    const whose = this.#terms.up(frame, this.#profile);
    if (whose === "ours") return reading;
    if (this.#state === "down" && reading.events.some(isNameless)) {
      out.push({ type: "note", kind: "unrelayed", reason: "a text in what nobody takes now: it comes again", bytes: null });
      return UNHEARD;
    }
    this.#withheld = true;
    const raw = this.#raw;
    const bye = reading.events.some(({ type }) => type === "bye");
    return answering(reading, (own) => {
      const relayed = this.#relay(raw);
      // Behind a farewell the line ends before the upstream could answer.
      return bye || (whose === "link" && !relayed) ? own : null;
    });
  }

  /** Of the upstream server; true: the device was written to. */
  hear(news: "up" | "down" | Buffer, out: Effect[]): boolean {
    if (typeof news !== "string") return this.#said(news, out);
    if (news === "up") this.#reached(out);
    else this.#lost();
    return false;
  }

  /** What is relayed by now. */
  flush(out: Effect[]): void {
    for (const bytes of this.#relays) out.push({ type: "relay", bytes });
    this.#relays = [];
  }

  /** A login is answered by us; what it said is kept for the upstream, also for the next one. */
  #greeting(reading: Reading, { scope }: Hello): Reading {
    const raw = this.#raw;
    if (this.#terms.login === "once") {
      return answering(reading, (own, verdict) => {
        if (verdict.type === "accepted" && raw !== null) {
          this.#hellos.set(scope, raw);
          if (this.#state === "up") this.#relay(raw);
        }
        return own;
      });
    }
    // It is read once more.
    if (reading.reply === undefined || reading.again === true) return reading;
    return answering(reading, (own, { type }) => {
      if (type !== "accepted" || this.#state === "closed") return own;
      this.#relay(raw);
      return null;
    });
  }

  /** False: nobody takes it. */
  #relay(bytes: Buffer | null): boolean {
    if (bytes === null || this.#state === "closed" || this.#state === "down") return false;
    if (this.#state === "up") this.#relays.push(bytes);
    else if (sizeOf(this.#waiting) + bytes.length > WAITING_BYTES) return false;
    else this.#waiting.push(bytes);
    return true;
  }

  #reached(out: Effect[]): void {
    const framer = this.#terms.listen();
    this.#down = { framer, cut: this.#terms.raw === undefined ? new RawCut(framer, MAX_RAW_BYTES) : null };
    this.#state = "up";
    this.#relays = [...this.#hellos.values(), ...this.#waiting];
    this.#waiting = [];
    this.flush(out);
  }

  #lost(): void {
    this.#state = "down";
    this.#down = null;
    this.#waiting = [];
  }

  #said(chunk: Buffer, out: Effect[]): boolean {
    if (this.#down === null) return false;
    const { framer, cut } = this.#down;
    framer.push(chunk);
    cut?.push(chunk);
    let wrote = false;
    for (let framed = framer.next(); framed !== null; framed = framer.next()) {
      if (framed.kind === "broken") return this.#unintelligible(framed.reason, out) || wrote;
      wrote = this.#passed(framed, this.#copyOf(framed, cut), out) || wrote;
    }
    cut?.rest();
    return wrote;
  }

  #passed({ kind, bytes: frame }: Exclude<Framed, { kind: "broken" }>, bytes: Buffer | null, out: Effect[]): boolean {
    if (kind === "noise" || bytes === null) {
      out.push({ type: "note", kind: "upstream-noise", reason: "the upstream says what is no frame", bytes: null });
      return false;
    }
    const said = this.#terms.down(frame, this.#profile);
    if (said === "order") out.push({ type: "note", kind: "upstream-order", reason: "an order whose receipt could mean ours", bytes });
    if (said === "refusal") out.push({ type: "note", kind: "upstream-refused", reason: "the upstream refuses this device", bytes: null });
    if (said !== "pass") return false;
    this.#codec.overheard?.(frame);
    out.push({ type: "write", bytes });
    return true;
  }

  /** It cannot be followed any further. */
  #unintelligible(reason: string, out: Effect[]): false {
    out.push({ type: "note", kind: "upstream-noise", reason, bytes: null }, { type: "share", target: this.#target });
    this.#lost();
    return false;
  }

  #copyOf(framed: Exclude<Framed, { kind: "broken" }>, cut: RawCut | null): Buffer | null {
    const whole = framed.kind === "frame" ? this.#terms.raw?.(framed.bytes) : framed.bytes;
    const bytes = cut === null ? (whole ?? null) : cut.take();
    return bytes === null ? null : Buffer.from(bytes);
  }
}

const UNHEARD: Reading = { events: [{ type: "alive" }] };

/** The reading with another answer; what its own does on the side is still done. */
function answering(reading: Reading, answer: (own: Buffer | null, verdict: Verdict) => Buffer | null): Reading {
  const { reply = null } = reading;
  return { ...reading, reply: (verdict, units) => answer(typeof reply === "function" ? reply(verdict, units) : reply, verdict) };
}

/** A text that would be stored anew each time it comes. */
function isNameless(event: DeviceEvent): boolean {
  return event.type === "text" && event.serial === null;
}

function sizeOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
