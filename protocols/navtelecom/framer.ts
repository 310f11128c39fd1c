/**
 * Cuts the stream into NTCB frames, FLEX messages and pings. A message with a wrong CRC is still a frame of its length; but
 * from then on, and behind noise, only what proves itself by its check bytes is taken for a frame.
 */
import { ByteQueue, type Direction, type Framed, type Framer } from "../../src/core/index.ts";
import { type FlexState, flexLength, MAX_FRAME_BYTES } from "./flex-length.ts";
import { AT, flexFits, HEADER_BYTES, headerFits, PING, PREAMBLE, TILDE } from "./wire.ts";

/** Bytes whose check was wrong since the last sound frame: whoever sends so many in frames that begin within each other is no device. */
const MOST_UNSOUND_BYTES = 4 * MAX_FRAME_BYTES;

/** What stands at the head of the queue. */
type Head =
  | { readonly type: "frame"; readonly bytes: number; readonly sound: boolean }
  | { readonly type: "more" }
  | { readonly type: "none" };

export class NavtelecomFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #direction: Direction;
  #state: FlexState = { recordBytes: null, extraLengths: "little" };
  /** Bytes were lost or misread: a frame must prove itself. */
  #lost = false;
  #unsound = 0;

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  get buffered(): number {
    return this.#queue.length;
  }

  /** What FLEX messages look like from the next one on. */
  agree(state: Partial<FlexState>): void {
    this.#state = { ...this.#state, ...state };
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const head = this.#head(bytes);
    if (this.#unsound > MOST_UNSOUND_BYTES) {
      this.#queue.take(bytes.length);
      return { kind: "broken", reason: "no frame is found any more" };
    }
    if (head.type === "none") return this.#noise(bytes);
    if (head.type === "more" || bytes.length < head.bytes) {
      this.#queue.detach();
      return null;
    }
    this.#lost = !head.sound;
    return { kind: "frame", bytes: this.#queue.take(head.bytes) };
  }

  #head(bytes: Buffer): Head {
    if (bytes[0] === AT) return ntcb(bytes);
    if (bytes[0] === TILDE) return this.#flex(bytes);
    return bytes[0] === PING && !this.#lost ? { type: "frame", bytes: 1, sound: true } : { type: "none" };
  }

  #flex(bytes: Buffer): Head {
    const length = flexLength(bytes, this.#direction, this.#state);
    if (length.type === "more") return length;
    if (length.type === "unknown" || length.bytes > MAX_FRAME_BYTES) return { type: "none" };
    if (bytes.length < length.bytes) return { type: "more" };
    const sound = flexFits(bytes.subarray(0, length.bytes));
    this.#unsound = sound ? 0 : this.#unsound + length.bytes;
    return this.#lost && !sound ? { type: "none" } : { type: "frame", bytes: length.bytes, sound };
  }

  /** Up to the next byte that may begin a frame. */
  #noise(bytes: Buffer): Framed {
    this.#lost = true;
    let end = 1;
    while (end < bytes.length && bytes[end] !== AT && bytes[end] !== TILDE) end += 1;
    return { kind: "noise", bytes: this.#queue.take(end), reason: "bytes outside a frame" };
  }
}

function ntcb(bytes: Buffer): Head {
  const preamble = bytes.subarray(0, PREAMBLE.length);
  if (!preamble.equals(PREAMBLE.subarray(0, preamble.length))) return { type: "none" };
  if (bytes.length < HEADER_BYTES) return { type: "more" };
  return headerFits(bytes) ? { type: "frame", bytes: HEADER_BYTES + bytes.readUInt16LE(12), sound: true } : { type: "none" };
}
