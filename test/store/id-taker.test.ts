/** Ids that were taken ahead: a text that has one goes to Redis right behind the call that writes down whose the id is. */
import { setImmediate as turnEnds } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { RESERVE_IDS } from "../../src/store/id-reserve.ts";
import { IdTaker, type TakenIds } from "../../src/store/id-taker.ts";
import { ID_BLOCKS, ID_HOLDER, IDS, idPlace } from "../../src/store/keys.ts";
import { LAST_ID } from "../../src/store/limits.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { asArray, asNumber, type Reply } from "../../src/store/redis-reply.ts";
import { type ScriptArgument, type ScriptName, Scripts } from "../../src/store/redis-scripts.ts";
import { receive, submit } from "../../src/store/redis-write.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { startCluster } from "../support/redis-cluster.ts";
import { deviceText, draft, freshTracker, incoming, submitted } from "./world.ts";

interface Asked {
  readonly name: ScriptName;
  readonly args: readonly ScriptArgument[];
  answer(reply: Reply): void;
  fail(): void;
}

/** Scripts that are answered when the test says so. */
class HeldScripts {
  readonly asked: Asked[] = [];

  run(name: ScriptName, _keys: readonly string[], args: readonly ScriptArgument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.asked.push({ name, args, answer: resolve, fail: () => reject(new Error("refused")) });
    });
  }

  /** The newest call of this script. */
  last(name: ScriptName): Asked {
    const found = this.asked.filter((call) => call.name === name).at(-1);
    if (found === undefined) throw new Error(`${name} was not asked for`);
    return found;
  }
}

/** A taker that was given the ids 1 and 2, and holds 3. */
async function holding(scripts: HeldScripts): Promise<IdTaker> {
  const taker = new IdTaker(scripts, { ahead: true, mark: MARK, now: () => 0 });
  for (const first of [1, 2]) {
    const taken = taker.take(1, 1);
    await turnEnds();
    scripts.last("take-ids").answer([first, first - 1]);
    expect((await taken).first).toBe(first);
  }
  scripts.asked.length = 0;
  return taker;
}

/** What take-ids was told of the first id and of how many to take ahead. */
const told = ({ args }: Asked): readonly ScriptArgument[] => args.slice(3, 5);
const countsOf = ({ args }: Asked): number => Buffer.from(args[2] as Buffer).length / 4;
const SUBMITTED: Reply = [1, 3, 0, Buffer.alloc(0), 0, 0, 0];
const MARK = Buffer.from("thisnode");
const MARKS = { take: async () => ({ mark: 1, fresh: true }) };

describe("ids that were taken ahead", () => {
  it("are given at once, and told of when the index has them", async () => {
    const scripts = new HeldScripts();
    const taker = await holding(scripts);
    const taken = taker.take(7, 1);
    await turnEnds();
    const { first, ahead, indexed } = await taken;
    expect([first, ahead, told(scripts.last("take-ids"))]).toEqual([3, true, [3, 2]]);
    let settled = false;
    const done = indexed.then(() => {
      settled = true;
    });
    await turnEnds();
    expect(settled).toBe(false);
    scripts.last("take-ids").answer([4, 2]);
    await done;
  });

  it.each(["submit", "receive"] as const)("let %s go right behind, in the same turn; its end waits for both", async (name) => {
    for (const late of ["take-ids", name] as const) {
      const scripts = new HeldScripts();
      const ids = await holding(scripts);
      const means = { ids, named: Promise.resolve() };
      const text = { trackerId: 7, epoch: 1, employeeId: null, texts: [deviceText("hello")], early: false };
      let ended = false;
      const stored = (
        name === "submit"
          ? submit(scripts, draft(7), { ...means, marks: MARKS, underway: () => undefined })
          : receive(scripts, text, { ...means, nonce: Buffer.alloc(12) })
      ).then(() => {
        ended = true;
      });
      await turnEnds();
      await turnEnds();
      expect(scripts.asked.map((call) => call.name)).toEqual(["take-ids", name]);
      const answer = (which: ScriptName): void =>
        scripts.last(which).answer(which === "take-ids" ? [4, 0] : name === "submit" ? SUBMITTED : [1, 0, 3]);
      answer(late === name ? "take-ids" : name);
      await turnEnds();
      expect(ended).toBe(false);
      answer(late);
      await stored;
    }
  });

  it("whose call failed are told of to nobody, and written down before anything else", async () => {
    const scripts = new HeldScripts();
    const taker = await holding(scripts);
    const stored = submit(scripts, draft(7), { ids: taker, marks: MARKS, named: Promise.resolve(), underway: () => undefined });
    await turnEnds();
    await turnEnds();
    const [failed] = scripts.asked;
    scripts.last("submit").answer(SUBMITTED);
    scripts.asked.length = 0;
    failed?.fail();
    await expect(stored).rejects.toThrow("refused");
    // At once, and when that fails too before the next ids are taken.
    const [atOnce] = scripts.asked;
    scripts.asked.length = 0;
    atOnce?.fail();
    taker.take(8, 1).catch(() => undefined);
    await turnEnds();
    const [withNext, next] = scripts.asked;
    for (const again of [atOnce, withNext]) expect(again?.args.slice(1, 4)).toEqual(failed?.args.slice(1, 4));
    expect(next?.args.slice(1, 4)).not.toEqual(failed?.args.slice(1, 4));
    withNext?.answer([9, 0]);
    next?.answer([10, 0]);
    await turnEnds();
    expect(scripts.asked).toEqual([withNext, next]);
  });

  it("are waited for by as many as are on their way; the others take their own at once", async () => {
    const scripts = new HeldScripts();
    const taker = await holding(scripts);
    const first = taker.take(7, 1);
    await turnEnds();
    const [ordering] = scripts.asked;
    const others = [taker.take(7, 1), taker.take(7, 2), taker.take(7, 1)];
    await turnEnds();
    expect(scripts.asked.slice(1).map((call) => [countsOf(call), told(call)[0]])).toEqual([[2, 0]]);
    // Both come with one read.
    ordering?.answer([4, 2]);
    scripts.asked[1]?.answer([6, 0]);
    expect([(await first).first, (await others[0])?.first]).toEqual([3, 4]);
    expect([(await others[1])?.first, (await others[2])?.first]).toEqual([6, 8]);
  });

  it("are waited for when they come with a call for others; of many wishes 500 go with one call", async () => {
    const scripts = new HeldScripts();
    const taker = new IdTaker(scripts, { ahead: true, mark: MARK, now: () => 0 });
    const crowd = Array.from({ length: 1_001 }, () => taker.take(7, 1));
    await turnEnds();
    const [first, second] = scripts.asked;
    expect(scripts.asked.map((call) => [countsOf(call), told(call)])).toEqual([
      [500, [0, RESERVE_IDS]],
      [500 - RESERVE_IDS, [0, 0]],
      [1, [0, 0]],
    ]);
    first?.answer([1, RESERVE_IDS]);
    expect([(await crowd[0])?.first, (await crowd[500])?.first]).toEqual([1, 501]);
    second?.answer([501 + RESERVE_IDS, 0]);
    expect((await crowd[500 + RESERVE_IDS])?.first).toBe(501 + RESERVE_IDS);
  });

  it("are left when a higher one was given meanwhile", async () => {
    const scripts = new HeldScripts();
    const taker = await holding(scripts);
    const taken = taker.take(7, 1);
    await turnEnds();
    const ordering = scripts.last("take-ids");
    const fresh = taker.take(7, 1, true);
    await turnEnds();
    const call = scripts.last("take-ids");
    ordering.answer([4, 2]);
    const between = taker.take(7, 1);
    await turnEnds();
    call.answer([6, 0]);
    expect([(await taken).first, (await between).first, (await fresh).first]).toEqual([3, 4, 6]);
    taker.take(7, 1).catch(() => undefined);
    await turnEnds();
    expect(told(scripts.last("take-ids"))[0]).toBe(0);
  });

  it("are left when another writer was faster, and where calls may overtake each other", async () => {
    const scripts = new HeldScripts();
    const taker = await holding(scripts);
    taker.take(7, 1, true).catch(() => undefined);
    await turnEnds();
    expect(told(scripts.last("take-ids"))[0]).toBe(0);
    const apart = new IdTaker(scripts, { ahead: false, mark: MARK, now: () => 0 });
    for (let text = 0; text < 3; text += 1) {
      const taken = apart.take(7, 1);
      await turnEnds();
      expect(told(scripts.last("take-ids"))).toEqual([0, 0]);
      scripts.last("take-ids").answer([1, 0]);
      await taken;
    }
  });
});

describe("on Redis", () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  beforeAll(async () => {
    redis = await startRedis();
    connection = connectRedis(redis.place, "requests");
    await connected(connection, 10_000);
  });
  afterAll(async () => {
    connection.disconnect();
    await redis.stop();
  });
  const counter = async (): Promise<number> => Number(await redis.command("GET", IDS));

  it("texts that follow each other closely have ids that were taken ahead; each is found by its id, and those of a tracker ascend", async () => {
    const [store, trackers] = [new RedisStore(connection), [freshTracker(), freshTracker()]];
    const ids: number[] = [];
    // A slow machine may take too long between two texts.
    for (let burst = 0; burst < 50 && (await counter()) === (ids.at(-1) ?? 0); burst += 1) {
      for (let text = 0; text < 20; text += 1) ids.push(await submitted(store, trackers[text % 2] ?? 0));
    }
    expect(await counter()).toBeGreaterThan(ids.at(-1) ?? 0);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    const found = await store.find(ids);
    expect(found.map((message) => message?.trackerId)).toEqual(ids.map((_, place) => trackers[place % 2]));
  });

  it("an id that was taken ahead is refused once another node has taken one, also when its own node did so again", async () => {
    const scripts = new Scripts(connection);
    const [a, b, word] = [Buffer.from("node-aaa"), Buffer.from("node-bbb"), Buffer.from([0, 0, 0, 1])];
    const take = (mark: Buffer, most: number): Promise<Reply> =>
      scripts.run("take-ids", [IDS, ID_BLOCKS, ID_HOLDER], [LAST_ID, word, word, 0, most, mark]);
    const send = (id: number): Promise<Reply> => {
      const ids = { take: async () => ({ first: id, ahead: true, indexed: Promise.resolve() }) };
      const means = { ids, named: Promise.resolve() };
      const [trackerId, texts] = [freshTracker(), [deviceText("hello")]];
      const reception = { trackerId, epoch: 0, employeeId: null, early: false, texts };
      return id % 2 === 0
        ? submit(scripts, draft(trackerId), { ...means, marks: MARKS, underway: () => undefined }).then(() => id)
        : receive(scripts, reception, { ...means, nonce: Buffer.alloc(12, id) }).then(() => id);
    };
    await take(a, 5);
    const [first, ahead] = asArray(await take(a, 6)).map(asNumber);
    const next = (first ?? 0) + 1;
    expect(ahead).toBe(6);
    expect(await Promise.all([send(next), send(next + 1)])).toEqual([next, next + 1]);
    for (const node of [b, a]) {
      expect(asArray(await take(node, 6))[1]).toBe(0);
      for (const id of [next + 2, next + 3]) await expect(send(id)).rejects.toThrow("overtaken");
    }
  });

  it("a client whose calls go to several nodes is given ids that ascend, whichever of them has taken some ahead", async () => {
    const ids: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const nodes = [new RedisStore(connection), new RedisStore(connection)] as const;
      for (const [place, node] of [0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1].entries()) {
        const store = nodes[node] ?? nodes[0];
        const trackerId = freshTracker();
        ids.push(place % 3 === 0 ? await incoming(store, trackerId, "hello") : await submitted(store, trackerId));
      }
    }
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
  });

  it("two nodes that write to one tracker in turn store each text once, in the order of the calls", async () => {
    const [nodes, trackerId] = [[new RedisStore(connection), new RedisStore(connection)] as const, freshTracker()];
    const ids: number[] = [];
    for (let text = 0; text < 200; text += 1) {
      const store = nodes[text % 2] ?? nodes[0];
      ids.push(await submitted(store, trackerId), await incoming(store, trackerId, `text ${text}`));
    }
    const all = { trackerId, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1_000, ascending: true };
    expect((await nodes[0].list(all)).map(({ id }) => id)).toEqual(ids);
  });

  it("a counter that has lost ids that were taken ahead does not give them to others", async () => {
    const taker = new IdTaker(new Scripts(connection), { ahead: true, mark: MARK, now: () => 0 });
    const taken: TakenIds[] = [];
    for (let text = 0; text < 5; text += 1) taken.push(await taker.take(freshTracker(), 2));
    await Promise.all(taken.map((one) => one.indexed));
    const lost = (taken.at(-1)?.first ?? 0) - 10;
    await redis.command("SET", IDS, lost);
    const trackerId = freshTracker();
    const { first, indexed } = await taker.take(trackerId, 2);
    await indexed;
    expect(first).toBeGreaterThan(lost + 2);
    expect(await counter()).toBeGreaterThan(first);
    for (const { key, offset } of [idPlace(first), idPlace(first + 1)]) {
      expect((await connection.getrangeBuffer(key, offset, offset + 3)).readInt32BE()).toBe(trackerId);
    }
  });
});

it("on a cluster, where the index and a tracker are apart, none are taken ahead", async () => {
  const cluster = await startCluster();
  const connection = connectRedis(cluster.place, "requests");
  try {
    await connected(connection, 10_000);
    const [store, trackerId] = [new RedisStore(connection), freshTracker()];
    let last = 0;
    for (let text = 0; text < 100; text += 1) last = await submitted(store, trackerId);
    expect(Number(await connection.get(IDS))).toBe(last);
  } finally {
    connection.disconnect();
    await cluster.stop();
  }
});
