/** The fleet's store in memory: the reference that the contract suite runs beside Redis, and what tests use. */
import type { UserId } from "../chat/fleet.ts";
import {
  type Chore,
  type Committed,
  FLEET_KINDS,
  type FleetChanges,
  type FleetRecord,
  type FleetStore,
  type FleetUpdate,
  MAX_CHORES,
  MAX_SESSIONS,
  MAX_UNKNOWN,
  type RecordName,
  type SeenDevice,
  type Session,
} from "../chat/fleet-store.ts";
import type { Clock } from "../chat/ports.ts";
import { choreName, nameOf } from "./fleet-log.ts";

export class MemoryFleetStore implements FleetStore {
  readonly #clock: Clock;
  readonly #records = new Map<string, FleetRecord>();
  /** Names changed by each version, the first at index 0. */
  readonly #log: (readonly RecordName[])[] = [];
  readonly #chores = new Map<string, { readonly chore: Chore; readonly at: number }>();
  readonly #sessions = new Map<string, { readonly session: Session; readonly until: number }>();
  readonly #unknown = new Map<string, SeenDevice>();
  readonly #listeners = new Set<() => void>();
  readonly #sessionListeners = new Set<(sha256: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  since(version: number): Promise<FleetUpdate | null> {
    const current = this.#log.length;
    if (version === current) return Promise.resolve(null);
    if (version === 0 || version > current) return Promise.resolve({ version: current, all: true, put: this.#all(), remove: [] });
    const names = new Map(this.#log.slice(version).flatMap((changed) => changed.map((name) => [nameOf(name), name] as const)));
    const put = [...names.keys()].flatMap((name) => this.#records.get(name) ?? []);
    const remove = [...names].filter(([name]) => !this.#records.has(name)).map(([, name]) => name);
    return Promise.resolve({ version: current, all: false, put, remove });
  }

  commit(expected: number, changes: FleetChanges): Promise<Committed> {
    if (expected !== this.#log.length) return Promise.resolve({ type: "conflict" });
    const put = changes.put.map((record) => ({ kind: record.kind, id: record.value.id }));
    for (const record of changes.put) this.#records.set(nameOf({ kind: record.kind, id: record.value.id }), structuredClone(record));
    for (const name of changes.remove) this.#records.delete(nameOf(name));
    for (const chore of changes.chores) this.#chores.set(choreName(chore), { chore, at: this.#clock.now() });
    this.#log.push([...put, ...changes.remove]);
    return Promise.resolve({ type: "committed", version: this.#log.length });
  }

  chores(ageMs: number, skip = 0): Promise<readonly Chore[]> {
    const before = this.#clock.now() - ageMs;
    const waiting = [...this.#chores.values()].filter(({ at }) => at <= before).map(({ chore }) => chore);
    return Promise.resolve(waiting.slice(skip, skip + MAX_CHORES));
  }

  choreDone(chore: Chore): Promise<void> {
    this.#chores.delete(choreName(chore));
    return Promise.resolve();
  }

  nudge(): Promise<void> {
    for (const listener of this.#listeners) queueMicrotask(listener);
    return Promise.resolve();
  }

  onNudge(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  openSession(sha256: string, session: Session, ttlMs: number): Promise<void> {
    this.#sessions.set(sha256, { session, until: this.#clock.now() + ttlMs });
    const own = [...this.#sessions].filter(
      ([
        ,
        {
          session: { userId },
        },
      ]) => userId === session.userId,
    );
    for (const [oldest] of own.slice(0, -MAX_SESSIONS)) this.#endSession(oldest);
    return Promise.resolve();
  }

  closeSession(sha256: string): Promise<boolean> {
    return Promise.resolve(this.#endSession(sha256));
  }

  closeSessions(user: UserId): Promise<void> {
    for (const [sha256, { session }] of this.#sessions) if (session.userId === user) this.#endSession(sha256);
    return Promise.resolve();
  }

  session(sha256: string): Promise<Session | null> {
    const known = this.#sessions.get(sha256);
    return Promise.resolve(known !== undefined && known.until > this.#clock.now() ? known.session : null);
  }

  onSessionEnd(listener: (sha256: string) => void): () => void {
    this.#sessionListeners.add(listener);
    return () => this.#sessionListeners.delete(listener);
  }

  noteUnknown(devices: readonly SeenDevice[]): Promise<void> {
    for (const device of devices) {
      const before = this.#unknown.get(device.key);
      if (before === undefined || before.lastTry <= device.lastTry) this.#unknown.set(device.key, device);
    }
    for (const { key } of this.#newestFirst().slice(MAX_UNKNOWN)) this.#unknown.delete(key);
    return Promise.resolve();
  }

  unknown(): Promise<readonly SeenDevice[]> {
    return Promise.resolve(this.#newestFirst());
  }

  #endSession(sha256: string): boolean {
    for (const listener of this.#sessionListeners) queueMicrotask(() => listener(sha256));
    return this.#sessions.delete(sha256);
  }

  #newestFirst(): readonly SeenDevice[] {
    return [...this.#unknown.values()].sort((a, b) => b.lastTry - a.lastTry);
  }

  #all(): readonly FleetRecord[] {
    return FLEET_KINDS.flatMap((kind) => [...this.#records.values()].filter((record) => record.kind === kind));
  }
}
