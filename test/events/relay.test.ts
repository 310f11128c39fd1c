/** The stream of an account holds each event once and in order, whoever relays it how often and wherever that breaks off. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventStore } from "../../src/chat/events.ts";
import { freshTracker, type World } from "../store/world.ts";
import { memoryWorld, redisWorld } from "../store/worlds.ts";
import { play, type RelayWorld, type Step, steps } from "./relay-history.ts";

let lastUser = 0;

function relayWorld(world: World, events: EventStore = world.events): RelayWorld {
  lastUser += 1;
  return { store: world.store, events, userId: lastUser, trackers: [freshTracker(), freshTracker()] };
}

async function holds(history: readonly Step[], world: RelayWorld): Promise<boolean> {
  const { written, relayed, left } = await play(history, world);
  const same = world.trackers.every((trackerId) => JSON.stringify(relayed.get(trackerId)) === JSON.stringify(written.get(trackerId)));
  return same && left.every((run) => run === null);
}

/** The same store, for which some calls do something else. */
function over(events: EventStore, changes: Partial<EventStore>): EventStore {
  return new Proxy(events, {
    get: (target, name) => {
      const changed: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof changed === "function" ? changed.bind(target) : changed;
    },
  });
}

describe("relaying", () => {
  let memory: World;
  let redis: World;
  beforeAll(async () => {
    memory = await memoryWorld();
    redis = await redisWorld(true);
  });
  afterAll(async () => {
    await memory.close();
    await redis.close();
  });

  it.each([
    ["in memory", (): World => memory, 1_000],
    ["on Redis", (): World => redis, 30],
  ] as const)(
    "%s: no gap, nothing twice",
    async (_name, world, numRuns) => {
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          expect(await holds(history, relayWorld(world()))).toBe(true);
        }),
        { numRuns },
      );
    },
    60_000,
  );

  it.each<readonly [string, (events: EventStore) => Partial<EventStore>]>([
    [
      "whoever relays is believed: numbers are not looked at",
      (events) => {
        let last = 0;
        const renumbered = (first: number): number => {
          last = Math.max(last + 1_000, first);
          return last;
        };
        return {
          relay: (userId, runs) =>
            events.relay(
              userId,
              runs.map((run) => ({ ...run, first: renumbered(run.first) })),
              true,
            ),
        };
      },
    ],
    ["a gap is taken for the whole", (events) => ({ relay: (userId, runs) => events.relay(userId, runs, true) })],
    [
      "events are forgotten when they are written",
      (events) => ({ waiting: () => Promise.resolve(null), settle: (id, upTo) => events.settle(id, upTo) }),
    ],
  ])("(the history bites: %s)", async (_name, broken) => {
    const fails = fc.asyncProperty(
      steps,
      async (history) => await holds(history, relayWorld(memory, over(memory.events, broken(memory.events)))),
    );
    expect((await fc.check(fails, { numRuns: 500 })).failed).toBe(true);
  });
});
