/** Changes to the fleet by its administrator: import, export, removal. */
import type { UserId } from "../chat/fleet.ts";
import type { Account, Chore, FleetChanges, FleetRecord, RecordName } from "../chat/fleet-store.ts";
import type { Instant, TrackerId } from "../chat/message.ts";
import type { Clock } from "../chat/ports.ts";
import { documentCheck, type FleetDocument } from "./document.ts";
import { exportDocument } from "./export.ts";
import type { FleetIndex } from "./fleet-index.ts";
import type { FleetSync } from "./fleet-sync.ts";
import { type MadeKey, type Merged, type MergedFleet, type MergedUser, mergeDocument } from "./merge.ts";
import { Problems } from "./problems.ts";
import type { Profiles } from "./profiles.ts";
import { checkRules } from "./rules.ts";
import { hashPassword, verifyPassword } from "./secrets.ts";

export interface ProvisioningDeps {
  readonly sync: FleetSync;
  readonly profiles: Profiles;
  readonly clock: Clock;
}

export interface Count {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}
export interface Imported {
  readonly counts: Readonly<Record<"dealers" | "tariffs" | "users" | "employees" | "trackers", Count>>;
  /** Shown this once. */
  readonly madeKeys: readonly MadeKey[];
}

/** Password hashes by user id, made before the fleet is changed: they take tens of milliseconds each. */
type Hashes = ReadonlyMap<number, string | null>;
/** Hashes computed at once: as many as Node's thread pool has threads. */
const HASHES_AT_ONCE = 4;

export class Provisioning {
  readonly #deps: ProvisioningDeps;
  readonly #check = documentCheck();

  constructor(deps: ProvisioningDeps) {
    this.#deps = deps;
  }

  /** Takes a parsed document: all or nothing, switched at once. Throws FleetRefused or StoreUnavailable. */
  async import(input: unknown): Promise<Imported> {
    return await this.#import(this.#check(input), () => true);
  }

  /** Imports when the fleet is empty at that moment; null when it is not. */
  async importIfEmpty(document: FleetDocument): Promise<Imported | null> {
    let empty = true;
    const imported = await this.#import(document, (index) => {
      empty = index.empty;
      return empty;
    });
    return empty ? imported : null;
  }

  export(): Required<FleetDocument> {
    return exportDocument(this.#deps.sync.index);
  }

  /** Deletes a tracker and its chat; false when there is none. Its employee stays, unassigned. */
  async removeTracker(id: TrackerId): Promise<boolean> {
    let found = false;
    await this.#deps.sync.change((index) => {
      found = index.stored.has(id);
      return found ? removal(index, { users: [], trackers: [id] }) : null;
    });
    return found;
  }

  /** Deletes a user with its sessions, its trackers, their chats and its employees; null when there is none. */
  async removeUser(id: number): Promise<{ readonly trackers: number; readonly employees: number } | null> {
    let removed: { readonly trackers: number; readonly employees: number } | null = null;
    await this.#deps.sync.change((index) => {
      const trackers = index.trackersOf(id).map((tracker) => tracker.id);
      removed = index.users.has(id) ? { trackers: trackers.length, employees: index.employeesOf(id).length } : null;
      return removed ? removal(index, { users: [id], trackers }) : null;
    });
    return removed;
  }

  async #import(document: FleetDocument, allowed: (index: FleetIndex) => boolean): Promise<Imported> {
    const { sync, clock } = this.#deps;
    await sync.refresh();
    const now = clock.now();
    let imported: Imported = { counts: countsOf(NOTHING), madeKeys: [] };
    if (!allowed(sync.index)) return imported;
    const hashes = await hashAll(this.#merge(document, sync.index, now).users);
    await sync.change((index) => {
      if (!allowed(index)) return null;
      const merged = withHashes(this.#merge(document, index, now), hashes);
      imported = { counts: countsOf(merged), madeKeys: merged.madeKeys };
      return changesOf(merged);
    });
    return imported;
  }

  #merge(document: FleetDocument, index: FleetIndex, now: Instant): MergedFleet {
    const problems = new Problems();
    const merged = mergeDocument(document, index, { problems, now });
    checkRules(merged, { index, profiles: this.#deps.profiles, problems });
    problems.throwIfAny();
    return merged;
  }
}

/** A password that is the old one keeps its hash, so that importing a file twice changes nothing. */
async function hashAll(users: readonly MergedUser[]): Promise<Hashes> {
  const hashes = new Map<number, string | null>();
  const waiting = users.filter(({ password }) => password !== undefined);
  const work = async (): Promise<void> => {
    for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
      hashes.set(user.after.id, await hashOf(user.password ?? null, user.before?.passwordHash ?? null));
    }
  };
  await Promise.all(Array.from({ length: HASHES_AT_ONCE }, work));
  return hashes;
}

async function hashOf(password: string | null, before: string | null): Promise<string | null> {
  if (password === null) return null;
  const same = before !== null && (await verifyPassword(password, before));
  return same ? before : await hashPassword(password);
}

function withHashes(fleet: MergedFleet, hashes: Hashes): MergedFleet {
  const users = fleet.users.map((user) => {
    const hash = hashes.get(user.after.id);
    return hash === undefined ? user : { ...user, after: { ...user.after, passwordHash: hash } satisfies Account };
  });
  return { ...fleet, users };
}

function changesOf(fleet: MergedFleet): FleetChanges | null {
  const put: FleetRecord[] = [
    ...changed(fleet.dealers).map(({ after }) => ({ kind: "dealer", value: after }) as const),
    ...changed(fleet.tariffs).map(({ after }) => ({ kind: "tariff", value: after }) as const),
    ...changed(fleet.users).map(({ after }) => ({ kind: "user", value: after }) as const),
    ...changed(fleet.employees).map(({ after }) => ({ kind: "employee", value: after }) as const),
    ...changed(fleet.trackers).map(({ after }) => ({ kind: "tracker", value: after }) as const),
  ];
  const moved = fleet.trackers.filter(({ before, after }) => before !== undefined && before.userId !== after.userId);
  const chores = moved.map(({ after }): Chore => ({ type: "disown", trackerId: after.id }));
  return put.length === 0 ? null : { put, remove: [], chores };
}

function removal(index: FleetIndex, gone: { readonly users: readonly number[]; readonly trackers: readonly TrackerId[] }): FleetChanges {
  const employees = new Set(gone.users.flatMap((user) => index.employeesOf(user).map(({ id }) => id)));
  const unassigned = gone.trackers.flatMap((id) => index.assigned(id) ?? []).filter(({ id }) => !employees.has(id));
  const names = (kind: RecordName["kind"], ids: Iterable<number>): readonly RecordName[] => [...ids].map((id) => ({ kind, id }));
  return {
    put: unassigned.map((employee) => ({ kind: "employee", value: { ...employee, trackerId: null } })),
    remove: [...names("user", gone.users), ...names("employee", employees), ...names("tracker", gone.trackers)],
    chores: [
      ...gone.trackers.map((trackerId): Chore => ({ type: "erase", trackerId, ...ownerOf(index, trackerId) })),
      ...gone.users.map((userId): Chore => ({ type: "forget", userId })),
    ],
  };
}

function ownerOf(index: FleetIndex, trackerId: TrackerId): { readonly userId?: UserId } {
  const tracker = index.stored.get(trackerId);
  return tracker === undefined ? {} : { userId: tracker.userId };
}

function countsOf(fleet: MergedFleet): Imported["counts"] {
  return {
    dealers: count(fleet.dealers),
    tariffs: count(fleet.tariffs),
    users: count(fleet.users),
    employees: count(fleet.employees),
    trackers: count(fleet.trackers),
  };
}

function count(merged: readonly Merged<unknown>[]): Count {
  const created = merged.filter(({ before }) => before === undefined).length;
  const differing = changed(merged).length;
  return { created, updated: differing - created, unchanged: merged.length - differing };
}

/** Records are built with their fields in one order, so their JSON can be compared. */
function changed<T extends Merged<unknown>>(merged: readonly T[]): readonly T[] {
  return merged.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
}

const NOTHING: MergedFleet = { dealers: [], tariffs: [], users: [], employees: [], trackers: [], madeKeys: [] };
