/** Sessions in Redis: each a key that ends by itself, and per user an index that bounds them. */
import { readFileSync } from "node:fs";
import type { UserId } from "../chat/fleet.ts";
import { MAX_SESSIONS, type Session } from "../chat/fleet-store.ts";
import type { RedisConnection } from "./connection.ts";
import { SESSION_ENDS, sessionKey, sessionsKey } from "./fleet-keys.ts";

export class FleetSessions {
  readonly #client: RedisConnection;
  readonly #script = readFileSync(new URL("./lua/fleet-session.lua", import.meta.url), "utf8");

  constructor(client: RedisConnection) {
    this.#client = client;
  }

  /** The user's oldest sessions beyond MAX_SESSIONS end. */
  async open(sha256: string, { userId, seal }: Session, ttlMs: number): Promise<void> {
    await this.#client.set(sessionKey(sha256), `${userId} ${seal}`, "PX", ttlMs);
    const excess = await this.#client.eval(this.#script, 1, sessionsKey(userId), sha256, ttlMs, MAX_SESSIONS);
    await Promise.all((excess as readonly string[]).map((oldest) => this.#end(oldest)));
  }

  async close(sha256: string): Promise<boolean> {
    const session = await this.find(sha256);
    const ended = await this.#end(sha256);
    if (session !== null) await this.#client.zrem(sessionsKey(session.userId), sha256);
    return ended;
  }

  /** The index goes last, so that a call that broke off can be repeated. */
  async closeAll(userId: UserId): Promise<void> {
    const index = sessionsKey(userId);
    await Promise.all((await this.#client.zrange(index, "0", "-1")).map((sha256) => this.#end(sha256)));
    await this.#client.del(index);
  }

  async find(sha256: string): Promise<Session | null> {
    const [user, seal = ""] = (await this.#client.get(sessionKey(sha256)))?.split(" ") ?? [];
    return user === undefined ? null : { userId: Number(user), seal };
  }

  async #end(sha256: string): Promise<boolean> {
    const ended = await this.#client.del(sessionKey(sha256));
    await this.#client.publish(SESSION_ENDS, sha256);
    return ended === 1;
  }
}
