/** The driver's own texts and buttons: repeated until the server confirms that they are stored. */
import { type DeviceOutput, encodeText } from "../../src/core/index.ts";
import { driverReplyBody, driverTextBody, timedBody, u32 } from "./bodies.ts";
import { ID } from "./layout.ts";
import { idField } from "./message-id.ts";
import { fmiFrame } from "./wire.ts";

/** Wait for 0025 or 002C before a text or a button goes out again. */
const REPEAT_MS = 60_000;

/** `key` names what 0025 or 002C confirms. */
interface Act {
  readonly key: string;
  readonly frame: Buffer;
  readonly text: string | null;
  dueAt: number;
}

export interface Tongue {
  readonly unicode: boolean;
  /** The server takes A607's texts with a reply link. */
  readonly replies: boolean;
  /** Garmin's time. */
  readonly time: number;
}

export class Driver {
  readonly #put: (frame: Buffer) => void;
  #unique = 1;
  #acts: Act[] = [];
  #waiting: { readonly text: string; readonly answers: string }[] = [];

  constructor(put: (frame: Buffer) => void) {
    this.#put = put;
  }

  get deadline(): number | null {
    return this.#acts.length === 0 ? null : Math.min(...this.#acts.map(({ dueAt }) => dueAt));
  }

  /** `answers` is the id of the message this replies to, or empty. It waits until the unit is enabled. */
  write(text: string, answers = ""): void {
    this.#waiting.push({ text, answers });
  }

  press(message: string, response: number, now: number, time: number): void {
    const body = Buffer.concat([timedBody(time, message.length, idField(message)), u32(response)]);
    this.#act({ key: `pressed ${message}`, frame: fmiFrame(ID.pressed, body), text: null, dueAt: now + REPEAT_MS });
  }

  /** What was written goes out. */
  speak({ unicode, replies, time }: Tongue, now: number): void {
    for (const { text, answers } of this.#waiting.splice(0)) {
      const bytes = encodeText(text, unicode ? "utf8" : "latin1").bytes;
      const unique = this.#unique;
      this.#unique += 1;
      const frame = replies
        ? fmiFrame(ID.driverReply, driverReplyBody(time, unique, answers, bytes))
        : fmiFrame(ID.driverText, driverTextBody(time, unique, bytes));
      this.#act({ key: `text ${unique}`, frame, text, dueAt: now + REPEAT_MS });
    }
  }

  confirmed(key: string): readonly DeviceOutput[] {
    const act = this.#acts.find((one) => one.key === key);
    this.#acts = this.#acts.filter((one) => one !== act);
    return act === undefined || act.text === null ? [] : [{ type: "acknowledged", text: act.text }];
  }

  tick(now: number, enabled: boolean): void {
    for (const act of this.#acts) {
      if (act.dueAt > now) continue;
      act.dueAt = now + REPEAT_MS;
      if (enabled) this.#put(act.frame);
    }
  }

  #act(act: Act): void {
    this.#acts.push(act);
    this.#put(act.frame);
  }
}
