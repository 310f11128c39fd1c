/** Who has a place on one line: as a rule one tracker, whose line it is; on a link many units beside or instead. */
import type { TrackerId } from "../chat/message.ts";
import type { CloseReason, LineNews, UnitLabel } from "../core/index.ts";
import type { Seat } from "./seat.ts";

/** Units of which it is remembered that another line took them over. */
const DISPLACED_UNITS = 1_000;

export class Seats {
  #own: Seat | null = null;
  /** Only on lines that carry units. */
  #units: Map<string, Seat> | null = null;
  /** Units that another line has taken over. */
  #displaced: Map<string, TrackerId> | null = null;
  /** What was told while the peer did not read. */
  #news: Map<Seat, LineNews> | null = null;

  get own(): Seat | null {
    return this.#own;
  }

  get(unit: UnitLabel): Seat | undefined {
    return unit === undefined ? (this.#own ?? undefined) : this.#units?.get(unit);
  }

  all(): readonly Seat[] {
    const own = this.#own === null ? [] : [this.#own];
    return this.#units === null ? own : [...own, ...this.#units.values()];
  }

  /** The session bounds how many they are. */
  add(seat: Seat): void {
    if (seat.unit === undefined) this.#own = seat;
    else {
      this.#units ??= new Map();
      this.#units.set(seat.unit, seat);
    }
  }

  remove(seat: Seat, reason: CloseReason): void {
    if (this.#own === seat) this.#own = null;
    else if (seat.unit !== undefined) this.#units?.delete(seat.unit);
    this.#news?.delete(seat);
    if (reason !== "taken-over") return;
    this.#displaced ??= new Map();
    this.#displaced.set(seat.key, seat.trackerId);
    const [oldest] = this.#displaced.keys();
    if (this.#displaced.size > DISPLACED_UNITS && oldest !== undefined) this.#displaced.delete(oldest);
  }

  /** The tracker of a unit that left because another line took it over, once. */
  displaced(key: string): TrackerId | null {
    const tracker = this.#displaced?.get(key) ?? null;
    this.#displaced?.delete(key);
    return tracker;
  }

  /** News for later; a withdrawal is not swallowed by less. */
  postpone(seat: Seat, news: LineNews): void {
    this.#news ??= new Map();
    if (this.#news.get(seat) !== "withdrawal") this.#news.set(seat, news === "withdrawal" ? news : "text");
  }

  postponed(): Iterable<readonly [Seat, LineNews]> {
    const news = this.#news ?? [];
    this.#news = null;
    return news;
  }
}
