/** The API's date texts: `yyyy-MM-dd HH:mm:ss` in a user's time zone, or ISO 8601 with offset for those who ask for it. */
import { Temporal } from "temporal-polyfill";
import type { Instant } from "../chat/message.ts";

/** How one request writes and reads times. */
export interface TimeStyle {
  /** IANA name. */
  readonly zone: string;
  readonly iso: boolean;
}

/** Which end of a range a time is: `to` takes the later of two equal local hours, and its whole second. */
export type Edge = "from" | "to";

/** Half-open in milliseconds: within it the zone keeps one offset from UTC. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly offsetMs: number;
}

/** A minute as a local date and `HH:mm:`. */
interface Minute {
  readonly at: number;
  readonly date: string;
  readonly time: string;
}

const LOCAL = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:[0-5]\d)$/;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:[0-5]\d(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}(?::?\d{2})?)?$/;
const WITH_OFFSET = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Remembered spans of one zone, and remembered zones; beyond that all of them are forgotten. */
const SPANS = 256;
const ZONES = 1_024;

/** Remembers the offsets of zones, so that writing a time is arithmetic. */
export class Calendar {
  readonly #zones = new Map<string, Span[]>();
  #minute: Minute = { at: Number.NaN, date: "", time: "" };

  format(instant: Instant, { zone, iso }: TimeStyle): string {
    const { offsetMs } = this.#span(zone, instant);
    const local = instant + offsetMs;
    const minute = Math.floor(local / MINUTE_MS);
    const { date, time } = this.#minuteOf(minute);
    const second = Math.floor((local - minute * MINUTE_MS) / SECOND_MS);
    const at = `${time}${second < 10 ? "0" : ""}${second}`;
    return iso ? `${date}T${at}${offsetText(offsetMs)}` : `${date} ${at}`;
  }

  /** What a list shows is mostly of few minutes. */
  #minuteOf(minute: number): Minute {
    if (this.#minute.at === minute) return this.#minute;
    const text = new Date(minute * MINUTE_MS).toISOString();
    this.#minute = { at: minute, date: text.slice(0, -14), time: text.slice(-13, -7) };
    return this.#minute;
  }

  /** Null: not a time in this style, or none that exists. */
  parse(text: string, style: TimeStyle, edge: Edge): Instant | null {
    try {
      const instant = style.iso && ISO.test(text) ? isoInstant(text, style.zone, edge) : localInstant(text, style.zone, edge);
      if (instant === null || edge === "from") return instant;
      return Math.floor(instant / SECOND_MS) * SECOND_MS + SECOND_MS - 1;
    } catch (error) {
      // An impossible date, or a local time at the very end of Temporal's range.
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  #span(zone: string, instant: Instant): Span {
    const spans = this.#zones.get(zone) ?? [];
    const known = spans.find(({ start, end }) => start <= instant && instant < end);
    if (known !== undefined) return known;
    const span = spanAt(zone, instant);
    if (this.#zones.size >= ZONES) this.#zones.clear();
    this.#zones.set(zone, [span, ...spans.slice(0, SPANS - 1)]);
    return span;
  }
}

function spanAt(zone: string, instant: Instant): Span {
  const at = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
  // The transition before the next millisecond is also found when it is this very instant.
  const last = at.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
  const next = at.getTimeZoneTransition("next");
  return {
    start: last?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    end: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs: at.offsetNanoseconds / 1e6,
  };
}

function localInstant(text: string, zone: string, edge: Edge): Instant | null {
  const [, date, time] = LOCAL.exec(text) ?? [];
  if (date === undefined || time === undefined) return null;
  return zoned(Temporal.PlainDateTime.from(`${date}T${time}`), zone, edge);
}

function isoInstant(text: string, zone: string, edge: Edge): Instant {
  if (WITH_OFFSET.test(text.slice(11))) return Temporal.Instant.from(text).epochMilliseconds;
  return zoned(Temporal.PlainDateTime.from(text), zone, edge);
}

/** In a repeated local hour `from` is the earlier, `to` the later instant; in a skipped one both shift forward. */
function zoned(local: Temporal.PlainDateTime, zone: string, edge: Edge): Instant {
  return local.toZonedDateTime(zone, { disambiguation: edge === "from" ? "compatible" : "later" }).epochMilliseconds;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE_MS);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `${offsetMs < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}
