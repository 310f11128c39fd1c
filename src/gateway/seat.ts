/** A tracker's place on a line: what the rest of the node sees of it, and what must reach the store before it is free. */
import type { LineOwner } from "../chat/lines.ts";
import type { CloseReason, LineNews, UnitLabel } from "../core/index.ts";
import type { LiveLine } from "./registry.ts";

/** The line. */
export interface SeatHost {
  readonly address: string;
  readonly now: number;
  hint(seat: Seat, news: LineNews): void;
  leave(seat: Seat, reason: CloseReason): void;
}

export class Seat implements LiveLine {
  readonly owner: LineOwner;
  /** What the device calls it. */
  readonly key: string;
  /** What the session calls it. */
  readonly unit: UnitLabel;
  readonly #host: SeatHost;
  readonly #since: number;
  #unsettled = 0;
  #logout: (() => void) | null = null;

  constructor(host: SeatHost, owner: LineOwner, key: string, unit: UnitLabel) {
    this.#host = host;
    this.owner = owner;
    this.key = key;
    this.unit = unit;
    this.#since = host.now;
  }

  get trackerId(): number {
    return this.owner.identity.trackerId;
  }

  get deviceId(): string {
    return this.owner.identity.deviceId;
  }

  get protocol(): string {
    return this.owner.protocol.name;
  }

  get address(): string {
    return this.#host.address;
  }

  get epoch(): number {
    return this.owner.epoch;
  }

  get ageMs(): number {
    return this.#host.now - this.#since;
  }

  /** The tracker is not on the line any more. */
  get vacant(): boolean {
    return this.#logout !== null;
  }

  hint(news: LineNews = "text"): void {
    this.#host.hint(this, news);
  }

  leave(reason: CloseReason): void {
    this.#host.leave(this, reason);
  }

  /** Settlements on their way to the store, which the logout must not overtake. */
  settle(work: Promise<void>): Promise<void> {
    this.#unsettled += 1;
    return work.finally(() => {
      this.#unsettled -= 1;
      this.#logoutWhenSettled();
    });
  }

  /** `logout` is called once, when all settlements of this step and before have been told. */
  vacate(logout: () => void): void {
    if (this.#logout !== null) return;
    this.#logout = logout;
    queueMicrotask(() => this.#logoutWhenSettled());
  }

  #logoutWhenSettled(): void {
    if (this.#logout === null || this.#unsettled > 0) return;
    const logout = this.#logout;
    this.#logout = () => undefined;
    logout();
  }
}
