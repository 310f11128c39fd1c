/** What is right to store for a seat: its conversations played to the session and the reference store, without any network. */
import { PROTOCOLS } from "../../../protocols/index.ts";
import { detect } from "../../../src/gateway/detector.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { StoredLine } from "../../support/stored-line.ts";
import type { Conversation } from "./conversation.ts";
import type { Seat } from "./seats.ts";

/** As the gateway reads them. */
const SLICE_BYTES = 4 * 1024;

export class Twin {
  readonly #seat: Seat;
  readonly #line: StoredLine;

  constructor(seat: Seat) {
    const { protocol, deviceId, profile } = seat;
    this.#seat = seat;
    this.#line = new StoredLine({ protocol, deviceId, password: null, profile, store: new MemoryStore(() => 0), clock: { now: 0 } });
  }

  /** The texts that this conversation adds. */
  async hear({ writes, door }: Conversation): Promise<readonly string[]> {
    const bytes = Buffer.concat(writes);
    const before = this.#line.texts.length;
    if (door === "universal" && !this.#recognised(bytes)) return [];
    await this.#line.connect();
    for (let at = 0; at < bytes.length && this.#line.closed === null; at += SLICE_BYTES)
      await this.#line.step({ type: "bytes", chunk: Buffer.from(bytes.subarray(at, at + SLICE_BYTES)) });
    return this.#line.texts.slice(before);
  }

  #recognised(bytes: Buffer): boolean {
    const detected = detect(bytes, PROTOCOLS);
    return detected.type !== "more" && detected.type !== "nobody" && detected.protocol === this.#seat.protocol;
  }
}
