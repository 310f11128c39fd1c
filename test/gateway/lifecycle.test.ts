/** How lines end: displaced, kicked, drained, too slow, defective. */
import { afterEach, describe, expect, it } from "vitest";
import type { Protocol } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { byTag } from "../support/scripted-protocol.ts";

const started: World[] = [];

async function start(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  started.push(world);
  return world;
}

afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

describe("a second login of the same device", () => {
  it("closes the older line and delivers its unacknowledged text again with the same tag", async () => {
    const world = await start();
    const older = await world.dial();
    await older.login("dev1");
    await world.send(1, "text");
    await until(() => older.lines.length === 2);
    const newer = await world.dial();
    await newer.login("dev1");
    await until(() => older.closed && newer.lines.length === 2);
    expect(newer.lines[1]).toBe(older.lines[1]);
    expect(world.registry.size).toBe(1);
    await until(() => world.counts.get("closings taken-over") === 1);
    expect(world.counts.get("takeovers here")).toBe(1);
    expect((await world.store.owners([1])).has(1)).toBe(true);
  });

  it("on another node tells the older line's node, whose line then goes", async () => {
    const store = new MemoryStore(Date.now);
    const here = await start({ store });
    const there = await start({ store, node: "node-b" });
    const older = await here.dial();
    await older.login("dev1");
    await (await there.dial()).login("dev1");
    await until(() => there.hints.length === 1);
    const [hint] = there.hints;
    expect(hint?.owner.node).toBe("node-a");
    expect(here.registry.hint(1, hint?.owner.epoch ?? 0)).toBe("taken-over");
    await until(() => older.closed);
    expect((await store.owners([1])).get(1)?.node).toBe("node-b");
    expect(there.counts.get("takeovers elsewhere")).toBe(1);
  });

  it("again and again from living peers quarantines the next, who would displace the present one", async () => {
    const world = await start();
    for (let logins = 0; logins < 7; logins += 1) {
      const peer = await world.dial();
      await peer.login("dev1");
      await until(() => (world.counts.get("closings taken-over") ?? 0) === logins);
    }
    const eighth = await world.dial();
    eighth.say("L dev1");
    await eighth.heard("AL quarantined");
    expect(world.warnings).toEqual([{ type: "duel", trackerId: 1 }]);
    expect(world.registry.has(1)).toBe(true);
    world.registry.kick(1, "kicked");
    await until(async () => (await world.store.owners([1])).size === 0);
    await (await world.dial()).login("dev1");
  });
});

describe("a node with too much to do", () => {
  it("refuses new connections and keeps the lines that it has", async () => {
    const world = await start();
    const peer = await world.dial();
    await peer.login("dev1");
    world.load = "strained";
    const late = await world.dial();
    await until(() => late.closed);
    expect(world.counts.get("closings overload")).toBe(1);
    await world.send(1, "text");
    await until(() => peer.lines.length === 2);
    world.load = "normal";
    await (await world.dial()).login("dev1");
  });
});

describe("a drain", () => {
  it("lets receipts come in, then ends every line and logs it out", async () => {
    const world = await start();
    const peer = await world.dial();
    await peer.login("dev1");
    const stranger = await world.dial();
    const id = await world.send(1, "text");
    await until(() => peer.lines.length === 2);
    const drained = world.gateway.drain(2_000);
    await world.send(1, "not claimed any more");
    peer.say(`A ${peer.lines[1]?.split(" ")[1]}`);
    await drained;
    expect((await world.store.find([id]))[0]?.state).toBe("delivered");
    expect(peer.lines).toHaveLength(2);
    await until(() => peer.closed && stranger.closed);
    expect((await world.store.owners([1])).size).toBe(0);
    expect(world.gateway.connections).toBe(0);
    await expect(world.dial()).rejects.toThrow("ECONNREFUSED");
  });
});

// Twice the bytes of its frame: more than the real protocols answer, and what one chunk asks for stays below the bound of a slow reader.
const ANSWER = Buffer.from("ANS\n");

describe("a peer that does not read", () => {
  const talkative: Protocol = {
    ...byTag,
    connect: () => {
      const codec = byTag.connect();
      const decode = (frame: Buffer) => (frame[0] === 0x50 ? { events: [], reply: ANSWER } : codec.decode(frame));
      return { ...codec, decode };
    },
  };

  it("is not read from either, and gets every answer once it reads again", async () => {
    const world = await start({ protocols: [talkative] });
    const peer = await world.dial();
    await peer.login("dev1");
    peer.socket.pause();
    const frames = 3_500_000;
    const flood = Buffer.from("P\n".repeat(frames / 10));
    for (let part = 0; part < 10; part += 1) peer.socket.write(flood);
    const read = () => ["none", "scripted-by-tag"].reduce((sum, name) => sum + (world.counts.get(`bytes-in ${name}`) ?? 0), 0);
    let seen = -1;
    // Both kernels' buffers fill, then nothing moves any more.
    await until(async () => {
      const before = seen;
      seen = read();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before === seen && seen > 0;
    });
    expect(seen).toBeLessThan(2 * frames);
    expect(peer.closed).toBe(false);
    peer.text = "";
    peer.socket.resume();
    await until(
      () => read() === 2 * frames + "L dev1\n".length,
      () => `all frames, read ${read()}`,
      15_000,
    );
    await until(
      () => peer.text.length === frames * ANSWER.length,
      () => `all answers, got ${peer.text.length}`,
      15_000,
    );
  });
});

describe("a defect", () => {
  const broken: Protocol = {
    ...byTag,
    connect: () => {
      const codec = byTag.connect();
      return {
        ...codec,
        identified: () => {
          throw new Error("planted defect");
        },
      };
    },
  };

  it("ends its own line only, is counted and logged once", async () => {
    const world = await start({ protocols: [{ ...broken, detect: (head) => (head[0] === 0x4c ? "yes" : "no") }] });
    const peer = await world.dial();
    const bystander = await world.dial();
    peer.say("L dev1");
    await until(() => peer.closed);
    expect(world.counts.get("notes scripted-by-tag defect")).toBe(1);
    expect(world.logs.filter(({ level }) => level === 50)).toHaveLength(1);
    expect(bystander.closed).toBe(false);
    await until(async () => (await world.store.owners([1])).size === 0);
  });
});

describe("logs", () => {
  it("never hold a text or a password above debug", async () => {
    const world = await start({ fleet: { trackers: [{ id: 1, deviceId: "dev1", password: "hunter2" }], protocols: [byTag] } });
    const peer = await world.dial();
    peer.say("L dev1 hunter3", "L dev1 hunter2", "T s1 secret words", "X secret words");
    await peer.heard("AX");
    await world.send(1, "outgoing words");
    await until(() => peer.lines.some((line) => line.startsWith("M ")));
    const loud = JSON.stringify(world.logs.filter(({ level }) => Number(level) > 20));
    expect(loud).toContain("device online");
    for (const secret of ["hunter", "words", Buffer.from("words").toString("hex")]) expect(loud).not.toContain(secret);
  });
});
