/** The bounds of docs/bounds.md on device connections, each at its edge, over real TCP. */
import { afterEach, expect, it } from "vitest";
import type { Protocol } from "../../src/core/index.ts";
import { startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { byTag } from "../support/scripted-protocol.ts";

const worlds: World[] = [];

async function start(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  worlds.push(world);
  return world;
}

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const closings = (world: World, reason: string): number => world.counts.get(`closings ${reason}`) ?? 0;

it("as many lines as may be, and no more until one has gone", async () => {
  const world = await start({ lines: 2 });
  const [first, second] = [await world.dial(), await world.dial()];
  await until(() => world.gateway.connections === 2);
  const third = await world.dial();
  await until(() => third.closed && closings(world, "too-many-lines") === 1);
  expect([first.closed, second.closed]).toEqual([false, false]);
  first.socket.destroy();
  await until(() => world.gateway.connections === 1);
  const fourth = await world.dial();
  await fourth.login("dev1");
});

it("a frame that does not end", async () => {
  const world = await start({ limits: { halfFrameMs: 300 } });
  const [slow, quick] = [await world.dial(), await world.dial()];
  await quick.login("dev1");
  slow.socket.write("L ");
  await until(() => slow.closed);
  await until(() => closings(world, "half-frame") === 1);
  expect(quick.closed).toBe(false);
});

it("malformed frames in a row, but not one that is right among them", async () => {
  const world = await start({ limits: { strikes: 3 } });
  const peer = await world.dial();
  await peer.login("dev1");
  peer.say("?", "?", "T s1 hello", "?", "?");
  await until(() => peer.lines.filter((line) => line === "AX").length === 4);
  expect(peer.closed).toBe(false);
  peer.say("?");
  await until(() => peer.closed);
  await until(() => closings(world, "too-many-bad-frames") === 1);
});

it("refused passwords", async () => {
  const fleet = { trackers: [{ id: 1, deviceId: "dev1", password: "right" }], protocols: [byTag] };
  const world = await start({ fleet, limits: { loginAttempts: 2 } });
  const peer = await world.dial();
  peer.say("L dev1 wrong");
  await until(() => peer.lines.length === 1);
  expect(peer.closed).toBe(false);
  peer.say("L dev1 wrong");
  await until(() => peer.closed);
  await until(() => closings(world, "login-refused") === 1);
});

/** Answers each `P` with much. */
function talkative(bytes: number): Protocol {
  const answer = Buffer.from(`${"A".repeat(bytes - 1)}\n`);
  return {
    ...byTag,
    connect: () => {
      const codec = byTag.connect();
      const decode = (frame: Buffer) => (frame[0] === 0x50 ? { events: [], reply: answer } : codec.decode(frame));
      return { ...codec, decode };
    },
  };
}

it("what a device does not read: the node holds no more than LINE_BUFFER of it, and its texts wait", async () => {
  const world = await start({ protocols: [talkative(100_000)], wire: { bufferBytes: 64 * 1024, slowReaderMs: 60_000 } });
  const peer = await world.dial();
  await peer.login("dev1");
  peer.socket.pause();
  await world.send(1, "hello");
  // Both kernels' buffers take some megabytes first.
  const ask = setInterval(() => peer.say(..."P".repeat(10)), 5);
  await until(
    () => closings(world, "slow-reader") === 1,
    () => "the line to be given up",
    15_000,
  );
  clearInterval(ask);
  expect(world.gateway.connections).toBe(0);
  const again = await world.dial();
  await again.login("dev1");
  await until(() => again.lines.some((line) => line.endsWith(" hello")));
});

it("how long a device does not read: no longer than SLOW_READER_TIMEOUT", async () => {
  const world = await start({ protocols: [talkative(20_000)], wire: { bufferBytes: 64 * 1024 * 1024, slowReaderMs: 300 } });
  const peer = await world.dial();
  await peer.login("dev1");
  peer.socket.pause();
  const ask = setInterval(() => peer.say(..."P".repeat(100)), 5);
  await until(
    () => closings(world, "slow-reader") === 1,
    () => "the line to be given up",
    15_000,
  );
  clearInterval(ask);
});
