/** Two nodes that write, relay, settle and die in any order: what of it their account's stream holds in the end. */
import fc from "fast-check";
import type { EventRun, EventStore, TrackerEvent } from "../../src/chat/events.ts";
import type { TrackerId } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import { draft } from "../store/world.ts";

/** One step of one node. `append`, `read`, `append`, `settle` are the steps of a relay; it may break off between any two. */
export type Step =
  | { readonly does: "write"; readonly node: 0 | 1; readonly tracker: 0 | 1; readonly texts: number }
  | { readonly does: "go on" | "once more" | "die"; readonly node: 0 | 1 };

const node = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("write" as const),
      node,
      tracker: fc.constantFrom(0 as const, 1 as const),
      texts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ does: fc.constant("go on" as const), node }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("once more" as const), node }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("die" as const), node }) },
);
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 40, size: "max" });

export interface RelayWorld {
  readonly store: MessageStore;
  readonly events: EventStore;
  readonly userId: number;
  readonly trackers: readonly [TrackerId, TrackerId];
}

/** Plays a history, lets somebody look after what was left, and gives what was written and what was relayed, by tracker. */
export async function play(history: readonly Step[], world: RelayWorld) {
  const nodes = [new Relaying(world), new Relaying(world)] as const;
  const written = new Map<TrackerId, TrackerEvent[]>(world.trackers.map((trackerId) => [trackerId, []]));
  let writer: Relaying | null = null;
  const stop = world.events.onWritten(({ trackerId, run }) => {
    written.get(trackerId)?.push(...(run?.events ?? []));
    writer?.told(trackerId, run);
  });
  for (const one of history) {
    const acting = nodes[one.node];
    writer = acting;
    if (one.does === "write") for (let n = 0; n < one.texts; n += 1) await world.store.submit(draft(world.trackers[one.tracker]));
    else if (one.does === "die") acting.die();
    else await acting.step(one.does === "once more");
  }
  stop();
  const heir = new Relaying(world);
  for (const trackerId of world.trackers) heir.told(trackerId, null);
  for (let n = 0; n < 4; n += 1) await heir.step(false);
  const relayed = new Map<TrackerId, TrackerEvent[]>(world.trackers.map((trackerId) => [trackerId, []]));
  for (const entry of await world.events.read(world.userId, "0-0", 100_000)) relayed.get(entry.trackerId)?.push(...entry.events);
  return { written, relayed, left: await Promise.all(world.trackers.map((trackerId) => world.events.waiting(trackerId))) };
}

/** A node's relay, one call of the store at a time. */
class Relaying {
  readonly #world: RelayWorld;
  #waiting = new Map<TrackerId, EventRun | null>();
  #steps: (() => Promise<void>)[] = [];
  #last: (() => Promise<void>) | null = null;

  constructor(world: RelayWorld) {
    this.#world = world;
  }

  told(trackerId: TrackerId, run: EventRun | null): void {
    const before = this.#waiting.get(trackerId);
    const follows = run !== null && before != null && before.first + before.events.length === run.first;
    if (before === undefined) this.#waiting.set(trackerId, run);
    else this.#waiting.set(trackerId, follows ? { ...before, events: [...before.events, ...run.events] } : null);
  }

  die(): void {
    this.#waiting = new Map();
    this.#steps = [];
    this.#last = null;
  }

  /** `again`: the last call reaches the store once more. */
  async step(again: boolean): Promise<void> {
    if (again) {
      await this.#last?.();
      return;
    }
    if (this.#steps.length === 0) this.#begin();
    const next = this.#steps.shift();
    this.#last = next ?? null;
    await next?.();
  }

  #begin(): void {
    const { events, userId } = this.#world;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    const known = [...waiting.values()].flatMap((run) => run ?? []);
    let missing = [...waiting].filter(([, run]) => run === null).map(([trackerId]) => trackerId);
    let whole: readonly EventRun[] = [];
    let settled: readonly EventRun[] = known;
    this.#steps = [
      async () => {
        if (known.length === 0) return;
        const relayed = await events.relay(userId, known, false);
        settled = known.filter(({ trackerId }) => !relayed.missing.includes(trackerId));
        missing = [...new Set([...missing, ...relayed.missing])];
      },
      async () => {
        whole = (await Promise.all(missing.map((trackerId) => events.waiting(trackerId)))).flatMap((run) => run ?? []);
      },
      async () => {
        if (whole.length > 0) await events.relay(userId, whole, true);
      },
      async () => {
        for (const { trackerId, first, events: told } of [...settled, ...whole]) await events.settle(trackerId, first + told.length - 1);
      },
    ];
  }
}
