/** A line that carries several units, over real TCP: each has its own place at the node, and leaves by itself. */
import { afterEach, describe, expect, it } from "vitest";
import { type Peer, startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { shared } from "../support/scripted-units.ts";

const FLEET = {
  trackers: [
    { id: 1, deviceId: "a" },
    { id: 2, deviceId: "b" },
    { id: 3, deviceId: "c" },
    { id: 9, deviceId: "hub" },
  ],
  protocols: [shared],
};
const started: World[] = [];

async function start(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld({ fleet: FLEET, protocols: [shared], ...options });
  started.push(world);
  return world;
}

/** A link with `a` and `b` on it. */
async function link(world: World, key = "link"): Promise<Peer> {
  const peer = await world.dial();
  peer.say(`K ${key}`);
  await peer.heard("AL ok");
  peer.say("a P|b P");
  await peer.heard("R a=ok b=ok");
  return peer;
}

/** The tag under which this text was shown. */
async function shown(peer: Peer, unit: string, text: string): Promise<string> {
  const found = (): string | undefined => peer.lines.find((line) => line.startsWith(`M ${unit} `) && line.endsWith(` ${text}`));
  await until(
    () => found() !== undefined,
    () => `${text} for ${unit} among ${JSON.stringify(peer.lines)}`,
  );
  return found()?.split(" ")[2] ?? "";
}

async function state(world: World, id: number): Promise<string | undefined> {
  return (await world.store.find([id]))[0]?.state;
}

afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

describe("a link", () => {
  it("shows its units among the lines of the node, and logs them out when it ends", async () => {
    const world = await start();
    const peer = await link(world, "hub");
    const lines = [...world.registry.all()].map(({ trackerId, deviceId, protocol }) => `${trackerId} ${deviceId} ${protocol}`);
    expect(lines.sort()).toEqual(["1 a scripted-units", "2 b scripted-units", "9 hub scripted-units"]);
    expect(world.gateway.connections).toBe(1);
    expect(world.counts.get("logins scripted-units")).toBe(3);
    peer.socket.end();
    await until(async () => (await world.store.owners([1, 2, 9])).size === 0);
    expect(world.registry.size).toBe(0);
  });

  it("carries texts both ways, each for its own unit, though their tags are equal", async () => {
    const world = await start();
    const peer = await link(world);
    const [first, second] = [await world.send(1, "to a"), await world.send(2, "to b")];
    const tag = await shown(peer, "a", "to a");
    expect(await shown(peer, "b", "to b")).toBe(tag);
    peer.say(`!b A ${tag}`);
    await until(async () => (await state(world, second)) === "delivered");
    expect(await state(world, first)).toBe("written");
    peer.say(`#1 a T 1 from a|b T 1 from b|!a A ${tag}`);
    await peer.heard("R #1 a=ok b=ok");
    await until(async () => (await state(world, first)) === "delivered");
    for (const [trackerId, words] of [
      [1, "from a"],
      [2, "from b"],
    ] as const) {
      const list = await world.store.list({ trackerId, from: null, to: null, limit: 10, ascending: true });
      expect(list.filter(({ direction }) => direction === "INCOMING").map(({ text }) => text)).toEqual([words]);
    }
  });

  it("acknowledges nothing of a frame that is not all stored", async () => {
    const world = await start();
    const peer = await link(world);
    world.outage = true;
    peer.say("#1 a T 1 from a|b T 1 from b");
    peer.say("#2 a P");
    await peer.heard("R #2 a=ok");
    world.outage = false;
    peer.say("#3 a T 1 from a|b T 1 from b");
    await peer.heard("R #3 a=ok b=ok");
    expect(peer.lines.some((line) => line.startsWith("R #1"))).toBe(false);
  });

  it("of a tracker ends with it, and takes its units along", async () => {
    const world = await start();
    const peer = await link(world, "hub");
    world.directory.change(9, { blocked: true });
    world.gateway.review();
    await until(() => peer.closed);
    await until(async () => (await world.store.owners([1, 2, 9])).size === 0);
  });
});

describe("a unit", () => {
  it.each([
    ["is blocked", (world: World) => world.directory.change(1, { blocked: true }), "a=blocked"],
    ["is removed", (world: World) => void world.directory.trackers.delete(1), "a=unknown-device"],
  ])("that %s leaves, the others stay", async (_, change, answer) => {
    const world = await start();
    const peer = await link(world);
    change(world);
    world.gateway.review();
    await until(async () => (await world.store.owners([1])).size === 0);
    expect(world.registry.has(2)).toBe(true);
    peer.say("#1 a P|b P");
    await peer.heard(`R #1 ${answer} b=ok`);
    await world.send(2, "to b");
    await shown(peer, "b", "to b");
    expect(world.counts.get("departures removed")).toBe(1);
    expect(peer.closed).toBe(false);
  });

  it("that is kicked leaves, and is back with its next word", async () => {
    const world = await start();
    const peer = await link(world);
    expect(world.registry.kick(1, "kicked")).toBe(true);
    expect([world.registry.has(1), world.registry.has(2)]).toEqual([false, true]);
    await until(async () => (await world.store.owners([1])).size === 0);
    await world.send(1, "to a");
    peer.say("#1 a P");
    await shown(peer, "a", "to a");
  });

  it("that logs in over a line of its own leaves the link, which keeps the others; its text follows it", async () => {
    const world = await start();
    const peer = await link(world);
    const id = await world.send(1, "to a");
    const tag = await shown(peer, "a", "to a");
    const own = await world.dial();
    own.say("L a");
    await own.heard("AL ok");
    expect(await shown(own, "a", "to a")).toBe(tag);
    // A receipt over the link comes from nobody there.
    peer.say(`!a A ${tag}`, "#1 b P");
    await peer.heard("R #1 b=ok");
    expect(await state(world, id)).toBe("written");
    own.say(`a A ${tag}`);
    await until(async () => (await state(world, id)) === "delivered");
    expect([peer.closed, own.closed]).toEqual([false, false]);
    await world.send(2, "to b");
    await shown(peer, "b", "to b");
  });

  it("on two living lines takes it from one another until it is quarantined", async () => {
    const world = await start();
    const [one, other] = [await link(world), await world.dial()];
    other.say("K other");
    await other.heard("AL ok");
    // A link that belongs to nobody ends with its last unit.
    other.say("c P");
    await other.heard("R c=ok");
    let turn = 0;
    await until(async () => {
      turn += 1;
      const peer = turn % 2 === 0 ? one : other;
      peer.say(`#${turn} a P`);
      await until(() => peer.lines.some((line) => line.startsWith(`R #${turn} `)));
      return peer.lines.includes(`R #${turn} a=quarantined`);
    });
    expect(world.warnings).toEqual([{ type: "duel", trackerId: 1 }]);
    expect(world.registry.has(2)).toBe(true);
    expect([one.closed, other.closed]).toEqual([false, false]);
  });
});

describe("the unit that opened a line", () => {
  it("may leave it to the others", async () => {
    const world = await start();
    const peer = await world.dial();
    peer.say("L a");
    await peer.heard("AL ok");
    peer.say("#1 b P");
    await peer.heard("R #1 b=ok");
    world.registry.kick(1, "kicked");
    await until(() => !world.registry.has(1));
    peer.say("#2 a P|b P");
    await peer.heard("R #2 a=ok b=ok");
    expect(world.registry.size).toBe(2);
    world.registry.kick(2, "kicked");
    world.registry.kick(1, "kicked");
    await until(() => peer.closed);
  });
});
