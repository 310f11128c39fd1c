/** What slows down guessed passwords and duels of two devices with one identity. Times are monotonic milliseconds. */
import type { TrackerId } from "./message.ts";

/** Wrong passwords of one (address, device) before the first wait. */
const FREE_FAILURES = 3;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Pairs of address and device remembered; the oldest is forgotten first. */
const REMEMBERED_PAIRS = 10_000;

/** More takeovers than this within the window are a duel. */
const DUEL_TAKEOVERS = 5;
const DUEL_WINDOW_MS = 10 * 60_000;
const QUARANTINE_MS = 10 * 60_000;
const REMEMBERED_DUELS = 10_000;

interface Failures {
  readonly count: number;
  readonly until: number;
  /** A new password in the fleet starts afresh. */
  readonly expected: string;
}

/** Who tried to log in from where, against which password. */
export interface Attempt {
  readonly address: string;
  readonly key: string;
  readonly expected: string;
}

/** Growing waits after wrong passwords, per (address, device) and never per address alone: carriers put thousands behind one. */
export class PasswordGuard {
  readonly #failures = new Map<string, Failures>();

  /** True while attempts of this pair are refused unseen. */
  waits(attempt: Attempt, now: number): boolean {
    const known = this.#failures.get(pairOf(attempt));
    return known !== undefined && known.expected === attempt.expected && now < known.until;
  }

  failed(attempt: Attempt, now: number): void {
    const pair = pairOf(attempt);
    const known = this.#failures.get(pair);
    const count = known?.expected === attempt.expected ? known.count + 1 : 1;
    const wait = count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES));
    this.#failures.delete(pair);
    this.#failures.set(pair, { count, until: now + wait, expected: attempt.expected });
    forgetOldest(this.#failures, REMEMBERED_PAIRS);
  }

  succeeded(attempt: Attempt): void {
    this.#failures.delete(pairOf(attempt));
  }
}

/** Takeovers in which the displaced peer was still alive: after too many, whoever would displace the present line is refused. */
export class DuelGuard {
  readonly #takeovers = new Map<TrackerId, readonly number[]>();
  readonly #quarantined = new Map<TrackerId, number>();

  /** Counts one; true when it starts a quarantine. */
  takenOver(trackerId: TrackerId, now: number): boolean {
    const recent = (this.#takeovers.get(trackerId) ?? []).filter((at) => at > now - DUEL_WINDOW_MS);
    this.#takeovers.delete(trackerId);
    if (recent.length < DUEL_TAKEOVERS) {
      this.#takeovers.set(trackerId, [...recent, now]);
      forgetOldest(this.#takeovers, REMEMBERED_DUELS);
      return false;
    }
    this.#quarantined.delete(trackerId);
    this.#quarantined.set(trackerId, now + QUARANTINE_MS);
    forgetOldest(this.#quarantined, REMEMBERED_DUELS);
    return true;
  }

  quarantined(trackerId: TrackerId, now: number): boolean {
    const until = this.#quarantined.get(trackerId);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#quarantined.delete(trackerId);
    return false;
  }
}

/** Compares without giving away by its time where two secrets differ. */
export function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given, "utf8");
  const b = Buffer.from(expected, "utf8");
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

function pairOf(attempt: Attempt): string {
  return `${attempt.address} ${attempt.key}`;
}

function forgetOldest(map: Map<unknown, unknown>, limit: number): void {
  if (map.size <= limit) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
