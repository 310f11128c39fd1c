/** Logging in and out. All refusals are `ChatError`s; an unknown login and a wrong password are one and the same. */
import { type Accounts, loginKey } from "./accounts.ts";
import { AttemptGuard } from "./attempt-guard.ts";
import { ChatError } from "./chat-error.ts";

export interface SignInOptions {
  readonly accounts: Pick<Accounts, "authenticate" | "openSession" | "closeSession">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
  /** The user must be this dealer's; null: anybody's. */
  readonly dealerId: number | null;
}

/** A password costs tens of milliseconds of one thread: so many are checked at once, and so many may wait for that. */
export const CHECKS = { atOnce: 2, waiting: 20 } as const;
/** How long to wait when too many are waiting already. */
const CROWD_MS = 1_000;

export class SignIn {
  readonly #options: SignInOptions;
  readonly #guard = new AttemptGuard();
  readonly #waiting: (() => void)[] = [];
  #checking = 0;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** The hash of a new session. Throws 11 when it was tried too often, 102, StoreUnavailable. */
  async open({ login, password, dealerId }: Credentials, address: string): Promise<string> {
    const attempt = { account: loginKey(login), address };
    if (this.#waiting.length >= CHECKS.waiting) throw new ChatError(11, [], CROWD_MS);
    const wait = this.#guard.enter(attempt, this.#options.now());
    if (wait > 0) throw new ChatError(11, [], wait);
    const user = await this.#inTurn(() => this.#options.accounts.authenticate(login, password));
    if (user === undefined || (dealerId !== null && user.dealerId !== dealerId)) throw new ChatError(102);
    this.#guard.succeeded(attempt);
    return await this.#options.accounts.openSession(user.id);
  }

  /** Throws 4 when the session has ended already. */
  async close(hash: string): Promise<void> {
    if (!(await this.#options.accounts.closeSession(hash))) throw new ChatError(4);
  }

  async #inTurn<T>(check: () => Promise<T>): Promise<T> {
    if (this.#checking >= CHECKS.atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#checking += 1;
    try {
      return await check();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#checking -= 1;
      else next();
    }
  }
}
