/** Keeps the index at the store's version and changes both together: one change at a time, checked against the version it was made for. */
import { type Chore, type FleetChanges, type FleetKind, type FleetStore, MAX_CHORES } from "../chat/fleet-store.ts";
import { type MessageStore, StoreUnavailable } from "../chat/ports.ts";
import type { FleetDiff } from "./fleet-diff.ts";
import type { FleetIndex } from "./fleet-index.ts";

/** What chores are done to. */
export type ErasingStore = Pick<MessageStore, "disown" | "erase" | "forget">;

export interface SyncDeps {
  readonly store: FleetStore;
  readonly index: FleetIndex;
  readonly messages: ErasingStore;
  /** Something went wrong that is tried again by itself. */
  readonly warn: (what: string, error: unknown) => void;
}

export type FleetListener = (diff: FleetDiff) => void;

/** How often the version is looked at, when no nudge comes. */
export const POLL_MS = 1_000;
/** Commits of other nodes may come in between this often. */
const MAX_CONFLICTS = 20;
/**
 * Chores this old were left behind by a node that ended in the middle, or are to be done once more: until the others knew of a deletion
 * they may have stored what a device said.
 */
const STALE_CHORE_MS = 30_000;
/** Chores at once: erasing a fleet must not flood the store. */
const CHORES_AT_ONCE = 16;

export class FleetSync {
  readonly #deps: SyncDeps;
  readonly #listeners = new Set<FleetListener>();
  /** The tail of the queue: every change and every refresh waits for the one before. */
  #tail: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<void> | null = null;

  constructor(deps: SyncDeps) {
    this.#deps = deps;
  }

  get index(): FleetIndex {
    return this.#deps.index;
  }

  /** Called after every change, of whichever node, once the index has it. */
  onChange(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Brings the index to the store's version; calls that come while one waits share it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#queued(() => {
      this.#refreshing = null;
      return this.#follow();
    });
    return this.#refreshing;
  }

  /**
   * Changes the fleet: `build` sees the newest index and may be asked again when another node was faster; null changes nothing.
   * Resolves once this node has applied it and its chores are done.
   */
  async change(build: (index: FleetIndex) => FleetChanges | null): Promise<void> {
    const erasures = await this.#queued(() => this.#commit(build));
    // After the others' turn has come: nobody sees these trackers any more, and a large fleet takes a while.
    await this.#doChores(erasures, "once-more-later");
  }

  /** Does what a node that ended in the middle of a change left behind, and erases once more what was deleted. */
  async sweepChores(): Promise<void> {
    const waiting = await this.#deps.store.chores(STALE_CHORE_MS);
    if (waiting.length === 0) return;
    await this.refresh();
    await this.#doChores(waiting);
  }

  async #follow(): Promise<void> {
    const update = await this.#deps.store.since(this.index.version);
    if (update !== null) this.#tell(this.index.apply(update));
  }

  /** Gives the chores that may be done after the next change has begun. */
  async #commit(build: (index: FleetIndex) => FleetChanges | null): Promise<readonly Chore[]> {
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
      await this.#follow();
      const changes = build(this.index);
      if (changes === null) return [];
      await this.#eraseBeforeReturn(changes);
      const result = await this.#deps.store.commit(this.index.version, changes);
      if (result.type === "committed") return await this.#committed(result.version, changes);
    }
    throw new StoreUnavailable(`the fleet changed ${MAX_CONFLICTS} times meanwhile`);
  }

  /** The id of a tracker or a user may come back before what was kept under it was erased: then that comes first, or it would take the new. */
  async #eraseBeforeReturn({ put }: FleetChanges): Promise<void> {
    const created = new Set(put.flatMap(({ kind, value }) => (this.#has(kind, value.id) ? [] : [`${kind}:${value.id}`])));
    if (created.size === 0) return;
    const waiting: Chore[] = [];
    for (let seen = 0, more = true; more; seen += MAX_CHORES) {
      const some = await this.#deps.store.chores(0, seen);
      waiting.push(...some.filter((chore) => created.has(subjectOf(chore))));
      more = some.length === MAX_CHORES;
    }
    await this.#doChores(waiting);
  }

  #has(kind: FleetKind, id: number): boolean {
    if (kind === "tracker") return this.index.stored.has(id);
    return kind !== "user" || this.index.users.has(id);
  }

  /** It came back meanwhile, and what was kept under its id was erased before. */
  #isThere(chore: Chore): boolean {
    return chore.type === "forget" ? this.index.users.has(chore.userId) : this.index.stored.has(chore.trackerId);
  }

  /** Earlier messages are hidden before the new owner sees the tracker here. */
  async #committed(version: number, { put, remove, chores }: FleetChanges): Promise<readonly Chore[]> {
    try {
      await this.#doChores(chores.filter(({ type }) => type === "disown"));
    } finally {
      this.#tell(this.index.apply({ version, all: false, put, remove }));
      // Not awaited: without a nudge the others see it at their next poll.
      this.#deps.store.nudge().catch((error: unknown) => this.#deps.warn("nudge", error));
    }
    return chores.filter(({ type }) => type !== "disown");
  }

  async #doChores(chores: readonly Chore[], again: "once-more-later" | "never" = "never"): Promise<void> {
    const waiting = [...chores];
    const work = async (): Promise<void> => {
      for (let chore = waiting.shift(); chore !== undefined; chore = waiting.shift()) {
        if (chore.type === "disown" || !this.#isThere(chore)) await this.#do(chore);
        if (again === "never") await this.#deps.store.choreDone(chore);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CHORES_AT_ONCE, waiting.length) }, work));
  }

  async #do(chore: Chore): Promise<void> {
    const { messages, store } = this.#deps;
    if (chore.type === "disown") await messages.disown(chore.trackerId);
    else if (chore.type === "erase") await messages.erase(chore.trackerId, chore.userId);
    else await Promise.all([messages.forget(chore.userId), store.closeSessions(chore.userId)]);
  }

  #tell(diff: FleetDiff): void {
    for (const listener of this.#listeners) {
      try {
        listener(diff);
      } catch (error) {
        this.#deps.warn("listener", error);
      }
    }
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    // The next one runs whether this one failed or not.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

function subjectOf(chore: Chore): string {
  return chore.type === "forget" ? `user:${chore.userId}` : `tracker:${chore.trackerId}`;
}
