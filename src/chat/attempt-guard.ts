/** How often a password may be tried: per account and address, per account, per address. Times are monotonic milliseconds. */

/** Attempts within a window before the rest of it must be waited for; a success gives its own back. */
export const ATTEMPTS = { windowMs: 60_000, perPair: 5, perAccount: 20, perAddress: 30 } as const;
/** Accounts, addresses and pairs remembered of each kind; the oldest is forgotten first. */
const REMEMBERED = 10_000;

/** Who tries to log in as whom; neither needs to exist. */
export interface LoginAttempt {
  readonly account: string;
  readonly address: string;
}

interface Window {
  count: number;
  readonly until: number;
}

/** Counts attempts before their outcome is known, so that many at once are no way around. */
export class AttemptGuard {
  readonly #counters = [
    {
      most: ATTEMPTS.perPair,
      keyOf: ({ account, address }: LoginAttempt) => `${groupOf(address)} ${account}`,
      windows: new Map<string, Window>(),
    },
    { most: ATTEMPTS.perAccount, keyOf: ({ account }: LoginAttempt) => account, windows: new Map<string, Window>() },
    { most: ATTEMPTS.perAddress, keyOf: ({ address }: LoginAttempt) => groupOf(address), windows: new Map<string, Window>() },
  ] as const;

  /** 0 when the attempt may be made, and it is counted; else how long (ms) to wait, and it is not. */
  enter(attempt: LoginAttempt, now: number): number {
    const known = this.#counters.map(({ keyOf, windows }) => current(windows, keyOf(attempt), now));
    const waits = this.#counters.map(({ most }, place) => (known[place] && known[place].count >= most ? known[place].until - now : 0));
    const wait = Math.max(...waits);
    if (wait > 0) return wait;
    for (const { keyOf, windows } of this.#counters) count(windows, keyOf(attempt), now);
    return 0;
  }

  /** The attempt was no guess. */
  succeeded(attempt: LoginAttempt): void {
    for (const { keyOf, windows } of this.#counters) {
      const window = windows.get(keyOf(attempt));
      if (window !== undefined) window.count -= 1;
    }
  }
}

/** One household of the internet has 2^64 addresses of version 6: they count as one. */
function groupOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - tail.split(":").length);
  return [...groups, ...Array.from({ length: zeros }, () => "0")].slice(0, 4).join(":");
}

function current(windows: Map<string, Window>, key: string, now: number): Window | undefined {
  const window = windows.get(key);
  return window !== undefined && now < window.until ? window : undefined;
}

function count(windows: Map<string, Window>, key: string, now: number): void {
  const window = current(windows, key, now);
  if (window !== undefined) {
    window.count += 1;
    return;
  }
  windows.delete(key);
  windows.set(key, { count: 1, until: now + ATTEMPTS.windowMs });
  const oldest = windows.keys().next();
  if (windows.size > REMEMBERED && oldest.done !== true) windows.delete(oldest.value);
}
