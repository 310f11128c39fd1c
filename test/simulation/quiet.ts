/** Watches after the healing whether everything that must arrive has arrived. */
import { isSettled, type Message } from "../../src/chat/message.ts";
import type { Device } from "./device.ts";
import type { History } from "./history.ts";
import { parsePart, type SentText } from "./texts.ts";

export interface QuietOptions {
  readonly history: History;
  readonly texts: ReadonlyMap<number, SentText>;
  readonly storeNow: () => number;
}

interface OpenText {
  readonly trackerId: number;
  readonly n: number;
  readonly parts: number;
  readonly submittedAt: number;
}

export class Quiet {
  readonly #options: QuietOptions;
  #read = 0;
  /** OUTGOING texts that are not settled, by message id. */
  readonly #open = new Map<number, OpenText>();
  readonly #proven = new Set<number>();
  /** Parts that reached a device, by device and text. */
  readonly #received = new Map<string, Set<number>>();

  constructor(options: QuietOptions) {
    this.#options = options;
  }

  /** Every device that acknowledges is online, has received all its texts and has got rid of its own. */
  reached(devices: readonly Device[]): boolean {
    this.#catchUp();
    return devices.every((device) => {
      const { acknowledges, name, trackerId } = device.traits;
      if (!acknowledges) return true;
      return device.line?.online === true && device.waiting === 0 && !this.#misses(name, trackerId);
    });
  }

  /** Whether the device ever answered a text for the store to know; until then a missing receipt makes its texts wait for its next login. */
  proven(trackerId: number): boolean {
    return this.#proven.has(trackerId);
  }

  #misses(device: string, trackerId: number): boolean {
    const { texts, storeNow } = this.#options;
    for (const { trackerId: to, n, parts, submittedAt } of this.#open.values()) {
      const isDue = submittedAt + (texts.get(n)?.notBeforeMs ?? 0) <= storeNow();
      if (to === trackerId && isDue && (this.#received.get(`${device} ${n}`)?.size ?? 0) < parts) return true;
    }
    return false;
  }

  #catchUp(): void {
    for (const entry of this.#options.history.entries.slice(this.#read)) {
      if (entry.op === "received") {
        const parts = this.#received.get(`${entry.device} ${entry.n}`) ?? new Set();
        this.#received.set(`${entry.device} ${entry.n}`, parts.add(entry.part));
      } else if (entry.op === "message") this.#look(entry.message);
    }
    this.#read = this.#options.history.entries.length;
  }

  #look({ id, trackerId, direction, text, state, receipt, submittedAt }: Message): void {
    if (direction === "INCOMING") return;
    if (receipt === "device" || state === "rejected") this.#proven.add(trackerId);
    const part = parsePart(text);
    if (part === null || isSettled(state)) this.#open.delete(id);
    else this.#open.set(id, { trackerId, n: part.n, parts: part.parts, submittedAt });
  }
}
