/** What the simulated device has to say, in order: what must be acknowledged is repeated until it is, over the next connection if need be. */
import type { Content, Stamp } from "./device-messages.ts";

export interface Report extends Content, Stamp {
  readonly kind: "heartbeat" | "position" | "text" | "port";
  /** The driver's text that ends with this message. */
  readonly text: string | null;
  /** It waited for a connection. */
  readonly buffered: boolean;
}

/** Waits before a message goes out again (GL100); behind the last the link is dead. */
export const RESEND_MS: readonly number[] = [10_000, 20_000, 30_000, 40_000, 50_000, 60_000];

export class DeviceSender {
  /** Messages other than heartbeats wait for their acknowledgement too. */
  readonly #strict: boolean;
  #queue: Report[] = [];
  #awaited: { readonly report: Report; readonly tries: number; readonly due: number } | null = null;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  get deadline(): number | null {
    return this.#awaited?.due ?? null;
  }

  add(report: Report): void {
    this.#queue.push(report);
  }

  /** A new connection begins with this heartbeat; what waits behind it is buffered by now. */
  restart(heartbeat: Report): void {
    this.stop();
    this.#queue = [heartbeat, ...this.#queue.filter(({ kind }) => kind !== "heartbeat").map((report) => ({ ...report, buffered: true }))];
  }

  /** The connection is gone: what is unanswered waits for the next. */
  stop(): void {
    if (this.#awaited !== null) this.#queue.unshift(this.#awaited.report);
    this.#awaited = null;
  }

  /** What goes out now; before its first heartbeat is acknowledged, a device says nothing else. */
  pump(now: number, online: boolean): readonly Report[] {
    const sent: Report[] = [];
    while (this.#awaited === null) {
      const [report] = this.#queue;
      if (report === undefined || !(online || report.kind === "heartbeat")) break;
      this.#queue.shift();
      sent.push(report);
      if (this.#strict || report.kind === "heartbeat") this.#await(report, 0, now);
    }
    return sent;
  }

  /** The message with this count is acknowledged; null: nobody waits for that. */
  acknowledged(count: string, kind: "heartbeat" | "other"): Report | null {
    const report = this.#awaited?.report;
    if (report?.count !== count || (report.kind === "heartbeat") !== (kind === "heartbeat")) return null;
    this.#awaited = null;
    return report;
  }

  /** What goes out again; `dead`: it went out often enough. */
  tick(now: number): Report | "dead" | null {
    if (this.#awaited === null || now < this.#awaited.due) return null;
    const { report, tries } = this.#awaited;
    if (tries + 1 >= RESEND_MS.length) return "dead";
    this.#await(report, tries + 1, now);
    return report;
  }

  #await(report: Report, tries: number, now: number): void {
    this.#awaited = { report, tries, due: now + (RESEND_MS[tries] ?? 0) };
  }
}
