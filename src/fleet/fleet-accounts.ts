/** The `Accounts` over the fleet: logins, sessions, API keys, employees. */
import { type Accounts, type ApiKey, type Employee, MAX_API_KEYS, SESSION_MS } from "../chat/accounts.ts";
import type { User, UserId } from "../chat/fleet.ts";
import type { Account, FleetChanges, FleetStore } from "../chat/fleet-store.ts";
import type { Clock } from "../chat/ports.ts";
import type { FleetSync } from "./fleet-sync.ts";
import { makeHash, sha256Of, verifyPassword } from "./secrets.ts";

export interface AccountsDeps {
  readonly sync: FleetSync;
  readonly store: FleetStore;
  readonly clock: Clock;
}

export class FleetAccounts implements Accounts {
  readonly #deps: AccountsDeps;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  async authenticate(login: string, password: string): Promise<User | undefined> {
    const account = this.#deps.sync.index.userOfLogin(login);
    return (await verifyPassword(password, account?.passwordHash ?? null)) ? account : undefined;
  }

  async openSession(user: UserId): Promise<string> {
    const hash = makeHash();
    const seal = sealOf(this.#deps.sync.index.users.get(user));
    await this.#deps.store.openSession(sha256Of(hash), { userId: user, seal }, SESSION_MS);
    return hash;
  }

  closeSession(hash: string): Promise<boolean> {
    return this.#deps.store.closeSession(sha256Of(hash));
  }

  onSessionEnd(listener: (isIt: (hash: string) => boolean) => void): () => void {
    return this.#deps.store.onSessionEnd((sha256) => listener((hash) => sha256Of(hash) === sha256));
  }

  async userOfSession(hash: string): Promise<User | undefined> {
    const session = await this.#deps.store.session(sha256Of(hash));
    const account = session === null ? undefined : this.#deps.sync.index.users.get(session.userId);
    return account !== undefined && sealOf(account) === session?.seal ? account : undefined;
  }

  employeesOf(user: UserId): readonly Employee[] {
    return this.#deps.sync.index.employeesOf(user);
  }

  apiKeysOf(user: UserId): readonly ApiKey[] {
    return this.#deps.sync.index.users.get(user)?.apiKeys ?? [];
  }

  async createApiKey(user: UserId, title: string): Promise<{ readonly hash: string; readonly key: ApiKey } | null> {
    const hash = makeHash();
    const key = { sha256: sha256Of(hash), title, createdAt: this.#deps.clock.now() };
    let made = false;
    await this.#deps.sync.change((index) => {
      const account = index.users.get(user);
      made = account !== undefined && account.apiKeys.length < MAX_API_KEYS;
      return account !== undefined && made ? putUser({ ...account, apiKeys: [...account.apiKeys, key] }) : null;
    });
    return made ? { hash, key } : null;
  }

  async deleteApiKey(user: UserId, hash: string): Promise<boolean> {
    const names = new Set([sha256Of(hash), hash.toLowerCase()]);
    let found = false;
    await this.#deps.sync.change((index) => {
      const account = index.users.get(user);
      const rest = account?.apiKeys.filter((key) => !names.has(key.sha256)) ?? [];
      found = account !== undefined && rest.length < account.apiKeys.length;
      return account !== undefined && found ? putUser({ ...account, apiKeys: rest }) : null;
    });
    return found;
  }
}

function sealOf(account: Account | undefined): string {
  return sha256Of(account?.passwordHash ?? "").slice(0, SEAL_DIGITS);
}

/** Enough to tell two passwords of one user apart. */
const SEAL_DIGITS = 16;

function putUser(value: Account): FleetChanges {
  return { put: [{ kind: "user", value }], remove: [], chores: [] };
}
