/** Bounds on lines that have not logged in, per address. Loopback is exempt: a proxy or carrier NAT puts thousands behind one. */

/** Addresses remembered without a line; the oldest is forgotten first. */
const REMEMBERED_ADDRESSES = 10_000;

export interface AdmissionLimits {
  /** Lines of all addresses, logged in or not. */
  readonly lines: number;
  /** Lines of one address that have not logged in. */
  readonly linesPerIp: number;
  /** New lines of one address in a time; as many may come at once. */
  readonly loginRate: { readonly count: number; readonly perMs: number };
}

export type Admitted = "yes" | "too-many-lines" | "login-rate";

interface Entry {
  waiting: number;
  tokens: number;
  at: number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Asks for a place; `yes` must be given back by `release` once, at login or when the connection ends. */
  admit(address: string, now: number): Admitted {
    if (isLoopback(address)) return "yes";
    const { linesPerIp, loginRate } = this.#limits;
    const entry = this.#entries.get(address) ?? { waiting: 0, tokens: loginRate.count, at: now };
    entry.tokens = Math.min(loginRate.count, entry.tokens + ((now - entry.at) * loginRate.count) / loginRate.perMs);
    entry.at = now;
    this.#entries.set(address, entry);
    this.#forget();
    if (entry.waiting >= linesPerIp) return "too-many-lines";
    if (entry.tokens < 1) return "login-rate";
    entry.tokens -= 1;
    entry.waiting += 1;
    return "yes";
  }

  release(address: string): void {
    const entry = this.#entries.get(address);
    if (entry !== undefined && entry.waiting > 0) entry.waiting -= 1;
  }

  #forget(): void {
    if (this.#entries.size <= REMEMBERED_ADDRESSES) return;
    for (const [address, entry] of this.#entries) {
      if (entry.waiting > 0) continue;
      this.#entries.delete(address);
      return;
    }
  }
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
