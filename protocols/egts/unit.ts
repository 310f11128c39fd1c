/** One unit on a line: its settings, and how texts go to it. */
import { type Encoded, type Order, type Part, partsOf, type UnitSpeech } from "../../src/core/index.ts";
import type { Confirmations } from "./confirmations.ts";
import type { Settings } from "./profile.ts";
import type { Speech } from "./speech.ts";
import { outgoingText } from "./text.ts";

/** What all units of a line share. */
export interface Outgoing {
  readonly speech: Speech;
  readonly confirmations: Confirmations;
  /** Parts for the next tick. */
  readonly ready: Buffer[];
  /** BS of TERM_IDENTITY. */
  bufferBytes: number | null;
}

export class EgtsUnit implements UnitSpeech {
  /** OID; null: the line has one unit, whatever its records name. */
  readonly object: number | null;
  /** The same as the session knows it. */
  readonly key: string | null;
  readonly settings: Settings;
  readonly #outgoing: Outgoing;

  constructor(object: number | null, settings: Settings, outgoing: Outgoing) {
    this.object = object;
    this.key = object === null ? null : String(object);
    this.settings = settings;
    this.#outgoing = outgoing;
  }

  encode(order: Order): Encoded {
    const { speech, confirmations, bufferBytes } = this.#outgoing;
    const outgoing = outgoingText(order.text, this.settings, bufferBytes);
    const { charset } = outgoing;
    return partsOf(outgoing, "no character of this text exists in CP-1251", (data, index) => {
      // The parts of one text share the low half of the CID, so that no number of them reaches another text's.
      const low = order.tag & 0xffff;
      // CID 0 is what units say that do not copy the CID.
      const cid = ((index + (low === 0 ? 1 : 0)) * 0x1_0000 + low) >>> 0;
      const { bytes, pid, number } = speech.text({ object: this.object, cid, charset, data });
      const tag = String(cid);
      confirmations.encoded({ unit: this.key, tag, pid, number, mode: this.settings.confirmation, cidZero: this.settings.cidZero });
      return { bytes, tag };
    });
  }

  /** Parts go out at once; only those that did can be confirmed. */
  send({ bytes, tag }: Part): void {
    if (tag !== null) this.#outgoing.confirmations.written(tag, this.key);
    this.#outgoing.ready.push(bytes);
  }
}
