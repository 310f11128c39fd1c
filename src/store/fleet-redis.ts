/** The fleet's store on Redis: staged in bounded chunks, then switched by one script. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { UserId } from "../chat/fleet.ts";
import {
  type Chore,
  type Committed,
  FLEET_KINDS,
  type FleetChanges,
  type FleetStore,
  type FleetUpdate,
  MAX_UNKNOWN,
  type SeenDevice,
} from "../chat/fleet-store.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import {
  FLEET_CHORES,
  FLEET_LOG,
  FLEET_META,
  FLEET_NUDGES,
  recordsKeys,
  sessionKey,
  stagedKey,
  UNKNOWN_DEVICES,
  UNKNOWN_ORDER,
} from "./fleet-keys.ts";
import { choreName, LOG_ENTRIES, logEntry, readUpdate } from "./fleet-log.ts";
import { chunksOf } from "./fleet-staging.ts";

/** What was staged and never committed goes by itself. */
const STAGED_MS = 10 * 60 * 1_000;
/** Chunks sent before their answers are awaited. */
const CHUNKS_AT_ONCE = 8;
const MAX_CHORES = 1_000;

export class RedisFleetStore implements FleetStore {
  readonly #client: RedisConnection;
  readonly #subscriber: RedisConnection;
  #subscribed = false;
  readonly #scripts = { commit: script("fleet-commit"), since: script("fleet-since"), unknown: script("fleet-unknown") };

  /** `requests` and `subscriber` as `connectRedis` makes them; they stay the caller's to end. */
  constructor(connections: { readonly requests: RedisConnection; readonly subscriber: RedisConnection }) {
    this.#client = connections.requests;
    this.#subscriber = connections.subscriber;
  }

  async since(version: number): Promise<FleetUpdate | null> {
    const keys = [FLEET_META, FLEET_LOG, ...recordsKeys()];
    const answer = await available(this.#client.eval(this.#scripts.since, keys.length, ...keys, version, ...FLEET_KINDS));
    const [current, extent, ...lists] = answer as [number, string | undefined, ...string[][]];
    if (extent === undefined) return null;
    return extent === "all" ? await this.#everything() : readUpdate(current, false, lists);
  }

  async commit(expected: number, changes: FleetChanges): Promise<Committed> {
    const nonce = randomBytes(9).toString("base64url");
    const chunks = chunksOf(changes).map((chunk, position) => ({ ...chunk, key: stagedKey(nonce, position) }));
    for (let at = 0; at < chunks.length; at += CHUNKS_AT_ONCE) {
      await Promise.all(
        chunks.slice(at, at + CHUNKS_AT_ONCE).map(async ({ key, fields }) => {
          await available(this.#client.hset(key, fields));
          await available(this.#client.pexpire(key, STAGED_MS));
        }),
      );
    }
    const keys = [FLEET_META, FLEET_LOG, FLEET_CHORES, ...recordsKeys(), ...chunks.map(({ key }) => key)];
    const kinds = chunks.map(({ kind }) => kind);
    const header = [expected, nonce, logEntry(changes), LOG_ENTRIES];
    const version = await available(this.#client.eval(this.#scripts.commit, keys.length, ...keys, ...header, ...kinds) as Promise<number>);
    if (version === -2) throw new StoreUnavailable("the staged change expired before it was committed");
    return version === -1 ? { type: "conflict" } : { type: "committed", version };
  }

  async chores(ageMs: number): Promise<readonly Chore[]> {
    // By the store's clock, as the commit stamped them.
    const [seconds, micros] = await available(this.#client.time());
    const before = Number(seconds) * 1_000 + Number(micros) / 1_000 - ageMs;
    const names = await available(this.#client.zrangebyscore(FLEET_CHORES, 0, before, "LIMIT", 0, MAX_CHORES));
    return names.map((name) => {
      const [type, id] = name.split(":");
      return { type: type === "erase" ? "erase" : "disown", trackerId: Number(id) };
    });
  }

  async choreDone(chore: Chore): Promise<void> {
    await available(this.#client.zrem(FLEET_CHORES, choreName(chore)));
  }

  async nudge(): Promise<void> {
    await available(this.#client.publish(FLEET_NUDGES, ""));
  }

  onNudge(listener: () => void): () => void {
    const heard = (channel: string): void => {
      if (channel === FLEET_NUDGES) listener();
    };
    this.#subscriber.on("message", heard);
    // ioredis subscribes again by itself after a cut; without it the poll remains.
    if (!this.#subscribed) this.#subscriber.subscribe(FLEET_NUDGES).catch(() => undefined);
    this.#subscribed = true;
    return () => this.#subscriber.off("message", heard);
  }

  async openSession(sha256: string, user: UserId, ttlMs: number): Promise<void> {
    await available(this.#client.set(sessionKey(sha256), String(user), "PX", ttlMs));
  }

  async closeSession(sha256: string): Promise<boolean> {
    return (await available(this.#client.del(sessionKey(sha256)))) === 1;
  }

  async userOfSession(sha256: string): Promise<UserId | null> {
    const user = await available(this.#client.get(sessionKey(sha256)));
    return user === null ? null : Number(user);
  }

  async noteUnknown(devices: readonly SeenDevice[]): Promise<void> {
    const flat = devices.flatMap((device) => [device.key, String(device.lastTry), JSON.stringify(device)]);
    await available(this.#client.eval(this.#scripts.unknown, 2, UNKNOWN_DEVICES, UNKNOWN_ORDER, MAX_UNKNOWN, ...flat));
  }

  async unknown(): Promise<readonly SeenDevice[]> {
    const keys = await available(this.#client.zrevrange(UNKNOWN_ORDER, 0, MAX_UNKNOWN - 1));
    if (keys.length === 0) return [];
    const entries = await available(this.#client.hmget(UNKNOWN_DEVICES, ...keys));
    return entries.flatMap((json) => (json === null ? [] : [JSON.parse(json) as SeenDevice]));
  }

  /** One transaction: the version belongs to these very records. */
  async #everything(): Promise<FleetUpdate> {
    const transaction = this.#client.multi().hget(FLEET_META, "v");
    for (const key of recordsKeys()) transaction.hgetall(key);
    const replies = (await available(transaction.exec())) ?? [];
    const failed = replies.find(([error]) => error !== null);
    if (failed || replies.length === 0) throw new StoreUnavailable("the fleet could not be read", { cause: failed?.[0] });
    const [version, ...lists] = replies.map(([, reply]) => reply);
    const flat = lists.map((records) => Object.entries(records as Record<string, string>).flat());
    return readUpdate(Number(version ?? 0), true, flat);
  }
}

/** Whatever went wrong, the outcome is unknown. */
async function available<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw new StoreUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function script(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");
}
