/** Times in the account's zone and the page's language. */

export interface Times {
  /** Equal for instants of the same calendar day. */
  dayOf(at: number): string;
  /** Hours and minutes. */
  clock(at: number): string;
  /** The same, with the date where it is another day than `from`. */
  clockAfter(at: number, from: number): string;
  /** "Today", "Yesterday", or a date with its weekday. */
  dayName(at: number, now: number): string;
  /** As short as it can be: the clock today, the weekday this week, else a date. */
  brief(at: number, now: number): string;
  /** Date and time with seconds. */
  full(at: number): string;
  /** ISO 8601, for the machine-readable part of the page. */
  iso(at: number): string;
}

/** Zones change their offset on quarters of an hour: all instants of one share their day. */
const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;
const REMEMBERED_QUARTERS = 20_000;
const DAYS_OF_WEEK = 6;

/** An unknown zone counts as UTC. */
export function timesIn(zone: string, language: string): Times {
  const timeZone = knownZone(zone);
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(language, { timeZone, ...options });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = format({ weekday: "short" });
  const date = format({ day: "numeric", month: "short" });
  const dateWithYear = format({ day: "numeric", month: "short", year: "numeric" });
  const longDate = format({ weekday: "long", day: "numeric", month: "long" });
  const longDateWithYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const full = format({ dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const near = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const dayOf = daysOf(timeZone);
  const daysAgo = (at: number, now: number): number => Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(at))) / DAY_MS);
  const sameYear = (at: number, now: number): boolean => dayOf(at).slice(0, 4) === dayOf(now).slice(0, 4);
  return {
    dayOf,
    clock: (at) => clock.format(at),
    clockAfter: (at, from) => {
      if (dayOf(at) === dayOf(from)) return clock.format(at);
      return `${(sameYear(at, from) ? date : dateWithYear).format(at)}, ${clock.format(at)}`;
    },
    dayName: (at, now) => {
      const ago = daysAgo(at, now);
      if (ago === 0 || ago === 1) return capitalised(near.format(-ago, "day"), language);
      return capitalised((sameYear(at, now) ? longDate : longDateWithYear).format(at), language);
    },
    brief: (at, now) => {
      const ago = daysAgo(at, now);
      if (ago === 0) return clock.format(at);
      if (ago > 0 && ago <= DAYS_OF_WEEK) return weekday.format(at);
      return (sameYear(at, now) ? date : dateWithYear).format(at);
    },
    full: (at) => full.format(at),
    iso: (at) => new Date(at).toISOString(),
  };
}

function daysOf(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const known = new Map<number, string>();
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS);
    const day = known.get(quarter) ?? format.format(at);
    if (known.size >= REMEMBERED_QUARTERS) known.clear();
    known.set(quarter, day);
    return day;
  };
}

function knownZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

function capitalised(text: string, language: string): string {
  const [first = ""] = text;
  return first.toLocaleUpperCase(language) + text.slice(first.length);
}
