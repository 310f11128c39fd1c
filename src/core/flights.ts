/** The texts that are on their way over one line, oldest first. */
import { earlier } from "./claims.ts";
import type { Flight, Written } from "./flight.ts";

export class Flights {
  #active: readonly Flight[] = [];

  [Symbol.iterator](): Iterator<Flight> {
    return this.#active[Symbol.iterator]();
  }

  get ids(): readonly number[] {
    return this.#active.map((flight) => flight.claimed.id);
  }

  of(id: number): Flight | undefined {
    return this.#active.find((flight) => flight.claimed.id === id);
  }

  /** When the first receipt is overdue; null: none is waited for. */
  get deadline(): number | null {
    return this.#active.reduce<number | null>((soonest, flight) => earlier(soonest, flight.deadline), null);
  }

  /** Parts that are written and not acknowledged. */
  get outstanding(): number {
    return this.#active.reduce((sum, flight) => sum + flight.outstanding.length, 0);
  }

  get count(): number {
    return this.#active.length;
  }

  /** Without tags: the one part that a receipt can mean. */
  get oldestOutstanding(): Written | undefined {
    const flight = this.#active[0];
    const part = flight?.outstanding[0];
    return flight === undefined || part === undefined ? undefined : { flight, part };
  }

  add(flight: Flight): void {
    this.#active = [...this.#active, flight];
  }

  remove(flight: Flight): void {
    this.#active = this.#active.filter((other) => other !== flight);
  }
}
