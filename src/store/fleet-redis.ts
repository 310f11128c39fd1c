/** The fleet's store on Redis: staged in bounded pieces, then switched by one script. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { UserId } from "../chat/fleet.ts";
import {
  type Chore,
  type Committed,
  type FleetChanges,
  type FleetRecord,
  type FleetStore,
  type FleetUpdate,
  MAX_CHORES,
  MAX_UNKNOWN,
  type RecordName,
  type SeenDevice,
  type Session,
} from "../chat/fleet-store.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import {
  allBuckets,
  bucketKey,
  bucketOf,
  FLEET_CHORES,
  FLEET_LOG,
  FLEET_META,
  FLEET_NUDGES,
  SESSION_ENDS,
  stagedKey,
  UNKNOWN_DEVICES,
  UNKNOWN_ORDER,
} from "./fleet-keys.ts";
import { choreName, choreOf, LOG_ENTRIES, logEntry, namesIn, readRecord } from "./fleet-log.ts";
import { FleetSessions } from "./fleet-sessions.ts";
import { type Fields, isSmall, pieces, type Steps, smallSteps, touched } from "./fleet-staging.ts";

/** What was staged and never committed goes by itself. */
const STAGED_MS = 10 * 60 * 1_000;
/** Read at once: a few megabytes of a large fleet. */
const BUCKETS_AT_ONCE = 32;
const NAMES_AT_ONCE = 500;
/** Buckets written aside at once. */
const STAGED_AT_ONCE = 16;

export class RedisFleetStore implements FleetStore {
  readonly #client: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #sessions: FleetSessions;
  readonly #subscribed = new Set<string>();
  readonly #scripts = { commit: script("fleet-commit"), since: script("fleet-since"), unknown: script("fleet-unknown") };

  /** `requests` and `subscriber` as `connectRedis` makes them; they stay the caller's to end. */
  constructor(connections: { readonly requests: RedisConnection; readonly subscriber: RedisConnection }) {
    this.#client = connections.requests;
    this.#subscriber = connections.subscriber;
    this.#sessions = new FleetSessions(connections.requests);
  }

  async since(version: number): Promise<FleetUpdate | null> {
    const answer = await available(this.#client.eval(this.#scripts.since, 2, FLEET_META, FLEET_LOG, version));
    const [current, extent, entries] = answer as [number, ("all" | "some")?, string[]?];
    if (extent === undefined) return null;
    // Records may be newer than this version when another commit came in between: they come again with the next one.
    return extent === "all" ? await this.#everything(current) : await this.#named(current, namesIn(entries ?? []));
  }

  async commit(expected: number, changes: FleetChanges): Promise<Committed> {
    const nonce = randomBytes(9).toString("base64url");
    const steps = isSmall(changes) ? smallSteps(changes) : await this.#stage(nonce, changes);
    const keys = [FLEET_META, FLEET_LOG, FLEET_CHORES, ...steps.keys];
    const header = [expected, nonce, logEntry(changes), LOG_ENTRIES];
    const version = await available(
      this.#client.eval(this.#scripts.commit, keys.length, ...keys, ...header, ...steps.args) as Promise<number>,
    );
    if (version === -2) throw new StoreUnavailable("the staged change expired before it was committed");
    return version === -1 ? { type: "conflict" } : { type: "committed", version };
  }

  async chores(ageMs: number, skip = 0): Promise<readonly Chore[]> {
    // By the store's clock, as the commit stamped them.
    const [seconds, micros] = await available(this.#client.time());
    const before = Number(seconds) * 1_000 + Number(micros) / 1_000 - ageMs;
    const names = await available(this.#client.zrangebyscore(FLEET_CHORES, 0, before, "LIMIT", skip, MAX_CHORES));
    return names.map(choreOf);
  }

  async choreDone(chore: Chore): Promise<void> {
    await available(this.#client.zrem(FLEET_CHORES, choreName(chore)));
  }

  async nudge(): Promise<void> {
    await available(this.#client.publish(FLEET_NUDGES, ""));
  }

  onNudge(listener: () => void): () => void {
    return this.#hear(FLEET_NUDGES, () => listener());
  }

  openSession(sha256: string, session: Session, ttlMs: number): Promise<void> {
    return available(this.#sessions.open(sha256, session, ttlMs));
  }

  closeSession(sha256: string): Promise<boolean> {
    return available(this.#sessions.close(sha256));
  }

  closeSessions(userId: UserId): Promise<void> {
    return available(this.#sessions.closeAll(userId));
  }

  session(sha256: string): Promise<Session | null> {
    return available(this.#sessions.find(sha256));
  }

  onSessionEnd(listener: (sha256: string) => void): () => void {
    return this.#hear(SESSION_ENDS, listener);
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

  /** ioredis subscribes again by itself after a cut; whoever listens also looks now and then. */
  #hear(wanted: string, listener: (message: string) => void): () => void {
    const heard = (channel: string, message: string): void => {
      if (channel === wanted) listener(message);
    };
    this.#subscriber.on("message", heard);
    if (!this.#subscribed.has(wanted)) this.#subscriber.subscribe(wanted).catch(() => undefined);
    this.#subscribed.add(wanted);
    return () => this.#subscriber.off("message", heard);
  }

  /** Writes whole buckets aside, as they will be: the commit then only renames them. A bucket read here is of the expected version, or the commit refuses. */
  async #stage(nonce: string, changes: FleetChanges): Promise<Steps> {
    const keys: string[] = [];
    const args: string[] = [];
    const chores = new Map(changes.chores.map((chore) => [choreName(chore), ""]));
    if (chores.size > 0) {
      await this.#write(stagedKey(nonce, 0), chores);
      keys.push(stagedKey(nonce, 0));
      args.push("chores");
    }
    const edits = [...touched(changes)];
    for (let at = 0; at < edits.length; at += STAGED_AT_ONCE) {
      const batch = edits.slice(at, at + STAGED_AT_ONCE);
      const staged = await Promise.all(
        batch.map(async ([bucket, edit], position) => {
          const key = stagedKey(nonce, at + position + 1);
          const after = edit(new Map(Object.entries(await available(this.#client.hgetall(bucket)))));
          await this.#write(key, after);
          return after.size > 0 ? { keys: [key, bucket], step: "swap" } : { keys: [bucket], step: "clear" };
        }),
      );
      for (const swap of staged) {
        keys.push(...swap.keys);
        args.push(swap.step);
      }
    }
    return { keys, args };
  }

  async #write(key: string, fields: Fields): Promise<void> {
    for (const piece of pieces(fields)) {
      await Promise.all([available(this.#client.hset(key, piece)), available(this.#client.pexpire(key, STAGED_MS))]);
    }
  }

  async #everything(version: number): Promise<FleetUpdate> {
    const put: FleetRecord[] = [];
    const buckets = allBuckets();
    for (let at = 0; at < buckets.length; at += BUCKETS_AT_ONCE) {
      const batch = buckets.slice(at, at + BUCKETS_AT_ONCE);
      const hashes = await Promise.all(batch.map(({ key }) => available(this.#client.hgetall(key))));
      for (const [position, { kind }] of batch.entries()) {
        for (const json of Object.values(hashes[position] ?? {})) put.push(readRecord(kind, json));
      }
    }
    return { version, all: true, put, remove: [] };
  }

  async #named(version: number, names: readonly RecordName[]): Promise<FleetUpdate> {
    const put: FleetRecord[] = [];
    const remove: RecordName[] = [];
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const batch = names.slice(at, at + NAMES_AT_ONCE);
      const found = await Promise.all(batch.map(({ kind, id }) => available(this.#client.hget(bucketKey(kind, bucketOf(id)), String(id)))));
      for (const [position, name] of batch.entries()) {
        const json = found[position] ?? null;
        if (json === null) remove.push(name);
        else put.push(readRecord(name.kind, json));
      }
    }
    return { version, all: false, put, remove };
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
