/** The relayer on a Redis whose connections are cut before the reply: what ran once or twice, nobody can tell; the stream can. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { deviceText, draft, freshTracker, received } from "../store/world.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { fleetOf, redisNode, saidTo } from "./event-world.ts";

const USER = 1;
const ROUNDS = 60;
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

it("has told every message once, in its tracker's order, when the cuts are over", async () => {
  const trackers = [freshTracker(), freshTracker()] as const;
  const directory = fleetOf(...trackers);
  const proxy = await startCuttingProxy(redis.port);
  const behind = await redisNode({ place: { type: "url", url: `redis://127.0.0.1:${proxy.port}` } }, "behind", directory);
  const plain = await redisNode(redis, "plain", directory);
  await plain.events.place(USER, null, true);
  for (let round = 0; round < ROUNDS; round += 1) {
    proxy.cutReply(round % 4);
    const tracker = trackers[round % 2] ?? 0;
    const [near, far] = round % 3 === 0 ? [plain, behind] : [behind, plain];
    await Promise.all([
      near.store.submit(draft(tracker, { text: `down ${round}` })).catch(unavailableOnly),
      received(far.store, tracker, { texts: [deviceText(`up ${round}`, String(round))] }).catch(unavailableOnly),
    ]);
    await expect.poll(() => behind.store.healthy(), { interval: 5, timeout: 5_000 }).toBe(true);
  }
  const stored = await Promise.all(
    trackers.map((trackerId) => plain.store.list({ trackerId, from: null, to: null, limit: 1_024, ascending: true })),
  );
  const all = stored.flat();
  expect(all.length).toBeGreaterThan(ROUNDS);
  expect(proxy.cuts).toBeGreaterThan(ROUNDS / 2);
  const told = async (): Promise<readonly number[]> =>
    (await saidTo(plain.events, USER)).filter((word) => word.startsWith("message")).map((word) => Number(word.split(" ")[1]));
  await expect.poll(async () => (await told()).length, { timeout: 10_000 }).toBe(all.length);
  const order = await told();
  for (const messages of stored)
    expect(order.filter((id) => messages.some((message) => message.id === id))).toEqual(messages.map(({ id }) => id));
  for (const node of [behind, plain]) {
    await node.relayer.stop();
    node.die();
  }
  await proxy.close();
}, 60_000);

function unavailableOnly(error: unknown): void {
  expect(error).toBeInstanceOf(StoreUnavailable);
}
