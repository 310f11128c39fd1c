/** The fleet in memory: maps of all records and the indexes over them, changed in one synchronous step. */
import { type Employee, loginKey } from "../chat/accounts.ts";
import { deviceKey, type Tariff, type Tracker, type UserId } from "../chat/fleet.ts";
import type { Account, Dealer, FleetKind, FleetRecord, FleetUpdate, RecordName } from "../chat/fleet-store.ts";
import type { TrackerId } from "../chat/message.ts";
import { DiffBuilder, type FleetDiff } from "./fleet-diff.ts";
import type { Profiles } from "./profiles.ts";

export class FleetIndex {
  readonly dealers = new Map<number, Dealer>();
  readonly tariffs = new Map<number, Tariff>();
  readonly users = new Map<UserId, Account>();
  readonly employees = new Map<number, Employee>();
  /** As kept: profiles without defaults. */
  readonly stored = new Map<TrackerId, Tracker>();
  /** As shown: profiles with their protocol's defaults. */
  readonly trackers = new Map<TrackerId, Tracker>();
  readonly #profiles: Profiles;
  readonly #byDevice = new Map<string, TrackerId>();
  readonly #byLogin = new Map<string, UserId>();
  readonly #byKey = new Map<string, UserId>();
  readonly #byTracker = new Map<TrackerId, number>();
  readonly #trackersOf = new Map<UserId, Set<TrackerId>>();
  readonly #employeesOf = new Map<UserId, Set<number>>();
  /** Lists made from the sets above; forgotten when a tracker of the user changes. */
  readonly #lists = new Map<UserId, readonly Tracker[]>();
  #version = 0;

  constructor(profiles: Profiles) {
    this.#profiles = profiles;
  }

  get version(): number {
    return this.#version;
  }

  get empty(): boolean {
    return [this.dealers, this.tariffs, this.users, this.employees, this.stored].every((map) => map.size === 0);
  }

  /** Takes an update of the store; gives what it means for trackers. */
  apply(update: FleetUpdate): FleetDiff {
    const remove = update.all ? this.#absentIn(update.put) : update.remove;
    const diff = new DiffBuilder();
    for (const { kind, value } of update.put) if (kind === "tracker") diff.before(this.trackers.get(value.id), value.id);
    for (const { kind, id } of remove) if (kind === "tracker") diff.before(this.trackers.get(id), id);
    // All old index entries go before any new one comes: two trackers may have swapped their device ids.
    for (const { kind, value } of update.put) this.#drop(kind, value.id);
    for (const { kind, id } of remove) this.#drop(kind, id);
    for (const record of update.put) this.#add(record);
    this.#version = update.version;
    return diff.finish((id) => this.trackers.get(id));
  }

  trackerOfDevice(deviceId: string): Tracker | undefined {
    const id = this.#byDevice.get(deviceKey(deviceId));
    return id === undefined ? undefined : this.trackers.get(id);
  }

  trackersOf(user: UserId): readonly Tracker[] {
    const known = this.#lists.get(user);
    if (known) return known;
    const list = [...(this.#trackersOf.get(user) ?? [])].sort((a, b) => a - b).flatMap((id) => this.trackers.get(id) ?? []);
    this.#lists.set(user, list);
    return list;
  }

  employeesOf(user: UserId): readonly Employee[] {
    return [...(this.#employeesOf.get(user) ?? [])].sort((a, b) => a - b).flatMap((id) => this.employees.get(id) ?? []);
  }

  userOfKey(sha256: string): Account | undefined {
    return this.users.get(this.#byKey.get(sha256) ?? 0);
  }

  userOfLogin(login: string): Account | undefined {
    return this.users.get(this.#byLogin.get(loginKey(login)) ?? 0);
  }

  /** The employee assigned to a tracker, whoever owns either. */
  assigned(tracker: TrackerId): Employee | undefined {
    return this.employees.get(this.#byTracker.get(tracker) ?? 0);
  }

  #absentIn(put: readonly FleetRecord[]): readonly RecordName[] {
    const present = new Set(put.map(({ kind, value }) => `${kind}:${value.id}`));
    return this.#names().filter(({ kind, id }) => !present.has(`${kind}:${id}`));
  }

  #names(): readonly RecordName[] {
    const all = (kind: FleetKind, map: ReadonlyMap<number, unknown>): readonly RecordName[] => [...map.keys()].map((id) => ({ kind, id }));
    return [
      ...all("dealer", this.dealers),
      ...all("tariff", this.tariffs),
      ...all("user", this.users),
      ...all("employee", this.employees),
      ...all("tracker", this.stored),
    ];
  }

  #drop(kind: FleetKind, id: number): void {
    if (kind === "dealer") this.dealers.delete(id);
    else if (kind === "tariff") this.tariffs.delete(id);
    else if (kind === "user") this.#dropUser(id);
    else if (kind === "employee") this.#dropEmployee(id);
    else this.#dropTracker(id);
  }

  #dropUser(id: UserId): void {
    const user = this.users.get(id);
    if (!user) return;
    this.users.delete(id);
    this.#byLogin.delete(loginKey(user.login));
    for (const key of user.apiKeys) this.#byKey.delete(key.sha256);
  }

  #dropEmployee(id: number): void {
    const employee = this.employees.get(id);
    if (!employee) return;
    this.employees.delete(id);
    this.#employeesOf.get(employee.userId)?.delete(id);
    if (employee.trackerId !== null) this.#byTracker.delete(employee.trackerId);
  }

  #dropTracker(id: TrackerId): void {
    const tracker = this.trackers.get(id);
    if (!tracker) return;
    this.trackers.delete(id);
    this.stored.delete(id);
    this.#byDevice.delete(deviceKey(tracker.deviceId));
    this.#trackersOf.get(tracker.userId)?.delete(id);
    this.#lists.delete(tracker.userId);
  }

  #add(record: FleetRecord): void {
    if (record.kind === "dealer") this.dealers.set(record.value.id, record.value);
    else if (record.kind === "tariff") this.tariffs.set(record.value.id, record.value);
    else if (record.kind === "user") this.#addUser(record.value);
    else if (record.kind === "employee") this.#addEmployee(record.value);
    else this.#addTracker(record.value);
  }

  #addUser(user: Account): void {
    this.users.set(user.id, user);
    this.#byLogin.set(loginKey(user.login), user.id);
    for (const key of user.apiKeys) this.#byKey.set(key.sha256, user.id);
  }

  #addEmployee(employee: Employee): void {
    this.employees.set(employee.id, employee);
    group(this.#employeesOf, employee.userId).add(employee.id);
    if (employee.trackerId !== null) this.#byTracker.set(employee.trackerId, employee.id);
  }

  #addTracker(stored: Tracker): void {
    this.stored.set(stored.id, stored);
    this.trackers.set(stored.id, { ...stored, profile: this.#profiles.effective(stored.profile, stored.protocol) });
    this.#byDevice.set(deviceKey(stored.deviceId), stored.id);
    group(this.#trackersOf, stored.userId).add(stored.id);
    this.#lists.delete(stored.userId);
  }
}

function group(groups: Map<number, Set<number>>, key: number): Set<number> {
  const found = groups.get(key) ?? new Set<number>();
  groups.set(key, found);
  return found;
}
