/** Cuts a recorded side of a line into frames: learns the mask from an offer that passes by, and knows a lone message by its CRC. */
import type { Direction, Framed, Framer } from "../../src/core/index.ts";
import { recordLayout } from "./fields.ts";
import { NavtelecomFramer } from "./framer.ts";
import { readNtcbMessage } from "./ntcb.ts";
import { AT, flexFits, readNtcb, TILDE } from "./wire.ts";

export class Listener implements Framer {
  readonly #framer: NavtelecomFramer;
  #lone: Buffer | null = null;

  constructor(direction: Direction) {
    this.#framer = new NavtelecomFramer(direction);
  }

  get buffered(): number {
    return this.#lone?.length ?? this.#framer.buffered;
  }

  push(chunk: Buffer): void {
    if (this.#framer.buffered === 0 && this.#lone === null && chunk[0] === TILDE && flexFits(chunk)) this.#lone = chunk;
    else this.#framer.push(chunk);
  }

  next(): Framed | null {
    const lone = this.#lone;
    this.#lone = null;
    if (lone !== null) return { kind: "frame", bytes: lone };
    const framed = this.#framer.next();
    if (framed?.kind === "frame" && framed.bytes[0] === AT) this.#learn(framed.bytes);
    return framed;
  }

  #learn(frame: Buffer): void {
    const ntcb = readNtcb(frame);
    const message = ntcb.type === "message" ? readNtcbMessage(ntcb.data) : null;
    if (message?.type === "offer") this.#framer.agree({ recordBytes: recordLayout(message.mask, message.count, {}).size });
  }
}
