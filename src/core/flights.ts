/** The texts that are on their way over one line, oldest first, and those that were given back without a receipt. */
import { earlier } from "./claims.ts";
import type { Flight, Written } from "./flight.ts";
import { remember } from "./remember.ts";

/** Texts that may come back for another delivery on this line. */
const REMEMBERED_TEXTS = 256;

/** Shared by the many lines that have none. */
const NONE: readonly Flight[] = [];

export class Flights {
  #active: readonly Flight[] = NONE;
  /** Their receipt is overdue; a late one still settles them. Null: there never were any. */
  #lapsed: Map<number, Flight> | null = null;

  [Symbol.iterator](): Iterator<Flight> {
    return this.#active[Symbol.iterator]();
  }

  get ids(): readonly number[] {
    return this.#active.map((flight) => flight.claimed.id);
  }

  get lapsedIds(): readonly number[] {
    return [...(this.#lapsed?.keys() ?? [])];
  }

  /** On its way or given back. */
  find(id: number): Flight | undefined {
    return this.#active.find((flight) => flight.claimed.id === id) ?? this.#lapsed?.get(id);
  }

  /** A text that comes back for another delivery; undefined: it is new here. */
  revived(id: number): Flight | undefined {
    const flight = this.#lapsed?.get(id);
    this.#lapsed?.delete(id);
    return flight;
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

  /** It was given back to the store. */
  lapse(flight: Flight): void {
    this.remove(flight);
    flight.outstanding = [];
    this.#lapsed ??= new Map();
    remember(this.#lapsed, flight.claimed.id, flight, REMEMBERED_TEXTS);
  }

  /** It is over here. */
  remove(flight: Flight): void {
    this.#active = this.#active.filter((other) => other !== flight);
    this.#lapsed?.delete(flight.claimed.id);
  }
}
