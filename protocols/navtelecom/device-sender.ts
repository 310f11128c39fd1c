/** What the simulated device has to say, one message at a time: the next goes out once the last is answered. */
import type { DeviceOutput } from "../../src/core/index.ts";

/** Devices repeat telemetry after 20 to 90 s. */
const RESEND_MS = 20_000;

export interface Outgoing {
  readonly kind: "telemetry" | "text" | "serial";
  readonly bytes: Buffer;
  /** The server's answer, or how it begins. */
  readonly answer: Buffer;
  /** The driver's text in it. */
  readonly text: string | null;
}

export class DeviceSender {
  #queue: (() => Outgoing)[] = [];
  #awaited: { readonly sent: Outgoing; readonly at: number } | null = null;

  get deadline(): number | null {
    return this.#awaited?.at ?? null;
  }

  get waiting(): boolean {
    return this.#awaited !== null;
  }

  /** A message is made when its turn comes: only then it is known what was agreed on. */
  add(make: () => Outgoing): void {
    this.#queue.push(make);
  }

  /** A new connection: what is unanswered goes first again. */
  restart(): void {
    const sent = this.#awaited?.sent;
    if (sent !== undefined) this.#queue.unshift(() => sent);
    this.#awaited = null;
  }

  pump(now: number): readonly DeviceOutput[] {
    if (this.#awaited !== null) return [];
    const make = this.#queue.shift();
    return make === undefined ? [] : this.#send(make(), now);
  }

  resend(now: number): readonly DeviceOutput[] {
    return this.#awaited !== null && now >= this.#awaited.at ? this.#send(this.#awaited.sent, now) : [];
  }

  /** What these bytes answer; null: nothing. */
  answered(frame: Buffer): Outgoing | null {
    const sent = this.#awaited?.sent;
    if (sent === undefined || !frame.subarray(0, sent.answer.length).equals(sent.answer)) return null;
    this.#awaited = null;
    return sent;
  }

  #send(sent: Outgoing, now: number): readonly DeviceOutput[] {
    this.#awaited = { sent, at: now + RESEND_MS };
    return [{ type: "write", bytes: sent.bytes }];
  }
}
