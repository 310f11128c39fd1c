/** Real TCP, the real session, the reference store: what a device sees and what the store then holds. */
import { afterEach, describe, expect, it } from "vitest";
import { Peer, startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

let world: World;
const started: World[] = [];

async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(options);
  started.push(world);
}

afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

const texts = async (trackerId = 1) => {
  const query = { trackerId, from: null, to: null, limit: 100, ascending: true };
  return (await world.store.list(query)).map(({ direction, text, state }) => ({ direction, text, state }));
};

describe("a conversation", () => {
  it("stores a driver's text before it acknowledges it", async () => {
    await start();
    const peer = await world.dial();
    await peer.login("dev1");
    peer.say("T s1 hello dispatcher");
    await peer.heard("AT");
    expect(await texts()).toEqual([{ direction: "INCOMING", text: "hello dispatcher", state: "unread" }]);
  });

  it("delivers what waited and what comes later, in order, once", async () => {
    await start();
    const first = await world.send(1, "first");
    const peer = await world.dial();
    await peer.login("dev1");
    await until(() => peer.lines.length >= 2);
    const [, line = ""] = peer.lines;
    expect(line).toMatch(/^M \d+ first$/);
    peer.say(`A ${line.split(" ")[1]}`);
    await until(async () => (await world.store.find([first]))[0]?.state === "delivered");
    await world.send(1, "second");
    await until(() => peer.lines.length >= 3);
    expect(peer.lines[2]).toMatch(/^M \d+ second$/);
    await until(() => world.counts.get("texts out scripted-by-tag delivered") === 1);
    expect(Object.fromEntries(world.counts)).toMatchObject({
      "logins scripted-by-tag": 1,
      "frames scripted-by-tag": 2,
      "deliveries scripted-by-tag 1": 2,
    });
    expect(world.times).toEqual([{ what: "receipt scripted-by-tag", ms: expect.any(Number) }]);
  });

  it("knows texts and questions of an earlier line by their names, also when another node brought them", async () => {
    await start();
    const first = await world.dial();
    await first.login("dev1");
    const question = await world.ask(1, "Arrived?", ["yes", "no"]);
    const text = await world.send(1, "Call me");
    const other = await world.ask(1, "Fuel?", ["full", "empty"]);
    await until(() => first.lines.length === 4);
    const tags = first.lines.slice(1).map((line) => line.split(" ")[1] ?? "");
    first.say(...tags.map((tag) => `A ${tag}`));
    await until(() => world.counts.get("texts out scripted-by-tag delivered") === 3);
    const elsewhere = await startWorld({ store: world.store, node: "node-b" });
    started.push(elsewhere);
    const second = await elsewhere.dial();
    await second.login("dev1");
    second.say(`D ${tags[1]}`, `C ${tags[0]} 1`, `C ${tags[2]} 0`);
    await until(() => second.lines.filter((line) => line === "AC").length === 2);
    await until(async () => (await world.store.find([text]))[0]?.state === "read");
    const query = { trackerId: 1, from: null, to: null, limit: 100, ascending: true };
    const stored = (await world.store.list(query)).filter(({ direction }) => direction === "INCOMING");
    expect(stored.map((message) => [message.text, message.answers])).toEqual([
      ["no", question],
      ["full", other],
    ]);
    // Without its name on record an answer is not acknowledged while the store is away.
    elsewhere.outage = true;
    second.say(`C ${tags[0]} 0`);
    await until(() => elsewhere.counts.get("texts in scripted-by-tag unavailable") === 1);
    expect(second.lines.filter((line) => line === "AC")).toHaveLength(2);
  });

  it("takes back what was withdrawn on its way, and sends what waits behind it", async () => {
    await start();
    const peer = await world.dial();
    await peer.login("dev1");
    const ids: number[] = [];
    for (const text of ["one", "two", "three", "four", "five"]) ids.push(await world.send(1, text));
    await until(() => peer.lines.length === 5);
    const tag = peer.lines.find((line) => line.endsWith(" two"))?.split(" ")[1];
    await world.cancel(1, ids[1] ?? 0);
    await until(() => peer.lines.some((line) => line.endsWith(" five")));
    expect(peer.lines).toContain(`X ${tag}`);
    peer.say(`A ${tag}`);
    await until(async () => (await texts())[1]?.state === "delivered");
  });

  it("does not acknowledge while the store is away, and takes the repeated text afterwards", async () => {
    await start();
    const peer = await world.dial();
    await peer.login("dev1");
    world.outage = true;
    peer.say("T s1 important");
    await until(() => world.counts.get("texts in scripted-by-tag unavailable") === 1);
    peer.say("P");
    await peer.heard("AP");
    expect(peer.lines).not.toContain("AT");
    world.outage = false;
    peer.say("T s1 important");
    await peer.heard("AT");
    expect(await texts()).toHaveLength(1);
  });

  it("settles a receipt that came while the store was away, although the device has gone", async () => {
    await start();
    const id = await world.send(1, "once");
    const peer = await world.dial();
    await peer.login("dev1");
    await until(() => peer.lines.some((line) => line.startsWith("M ")));
    const tag = peer.lines.find((line) => line.startsWith("M "))?.split(" ")[1];
    world.outage = true;
    peer.say(`A ${tag}`);
    peer.socket.end();
    await until(() => peer.closed);
    world.outage = false;
    await until(async () => (await world.store.find([id]))[0]?.state === "delivered");
    await until(async () => (await world.store.owners([1])).size === 0);
  });

  it("stores and answers what a device said right before its end", async () => {
    await start();
    const peer = await Peer.dial(world.port, { allowHalfOpen: true });
    peer.socket.end("L dev1\nT s1 goodbye\n");
    await until(() => peer.ended);
    expect(peer.lines).toEqual(["AL ok", "AT"]);
    expect(await texts()).toHaveLength(1);
    peer.socket.destroy();
    await until(async () => (await world.store.owners([1])).size === 0);
  });

  it("keeps the order of pipelined frames", async () => {
    await start();
    const peer = await world.dial();
    const count = 200;
    peer.say("L dev1", ...Array.from({ length: count }, (_, index) => `T s${index} n${index}`));
    await until(() => peer.lines.length === count + 1);
    expect((await world.store.list({ trackerId: 1, from: null, to: null, limit: 1_000, ascending: true })).map(({ text }) => text)).toEqual(
      Array.from({ length: count }, (_, index) => `n${index}`),
    );
  });

  it("speaks one protocol on its own port", async () => {
    await start({ fleet: { trackers: [{ id: 1, deviceId: "dev1", protocol: inOrder.name }], protocols: [byTag, inOrder] } });
    const wrong = await world.dial();
    wrong.say("L dev1");
    await wrong.heard("AL wrong-protocol");
    await until(() => wrong.closed);
    const peer = await world.dial(world.singlePort);
    await peer.login("dev1");
    await world.send(1, "hi");
    await peer.heard("M hi");
  });

  it("keeps the protocol of the first login", async () => {
    await start();
    await (await world.dial()).login("dev1");
    expect(world.directory.tracker(1)?.protocol).toBe(byTag.name);
  });
});

describe("a login", () => {
  it("of an unknown device is refused, reported and writes nothing", async () => {
    await start();
    const peer = await world.dial();
    peer.say("L stranger");
    await peer.heard("AL unknown-device");
    await until(() => peer.closed);
    expect(world.directory.unknown).toEqual([{ key: "stranger", protocol: byTag.name, address: "127.0.0.1" }]);
    expect(world.counts.get("refusals unknown-device")).toBe(1);
    expect(await world.store.pending(1)).toEqual([]);
  });

  it("of a blocked tracker is refused; blocking ends the line", async () => {
    await start();
    const peer = await world.dial();
    await peer.login("dev1");
    world.directory.change(1, { blocked: true });
    await until(() => peer.closed);
    await until(() => world.counts.get("closings removed") === 1);
    const again = await world.dial();
    again.say("L dev1");
    await again.heard("AL blocked");
  });

  it("with wrong passwords backs off for this address and device, even from the right one", async () => {
    await start({
      fleet: {
        trackers: [
          { id: 1, deviceId: "dev1", password: "right" },
          { id: 2, deviceId: "dev2", password: "right" },
        ],
        protocols: [byTag],
      },
    });
    const peer = await world.dial();
    peer.say("L dev1 wrong", "L dev1", "L dev1 wrong");
    await until(() => peer.closed);
    expect(peer.lines).toEqual(["AL wrong-password", "AL wrong-password", "AL wrong-password"]);
    const again = await world.dial();
    again.say("L dev1 right");
    await again.heard("AL quarantined");
    const other = await world.dial();
    other.say("L dev2 right");
    await other.heard("AL ok");
    await until(async () => {
      const later = await world.dial();
      later.say("L dev1 right");
      await until(() => later.lines.length > 0);
      return later.lines.includes("AL ok");
    });
  });

  it("as a registration takes no epoch and needs no password", async () => {
    await start({ fleet: { trackers: [{ id: 1, deviceId: "dev1", password: "code" }], protocols: [byTag] } });
    const peer = await world.dial(world.singlePort);
    peer.say("R dev1");
    await peer.heard("AL ok");
    expect(world.registry.size).toBe(0);
    expect((await world.store.owners([1])).size).toBe(0);
    peer.say("L dev1 code");
    await until(() => world.registry.has(1));
  });

  it("is waited for no longer than the login timeout", async () => {
    await start({ limits: { loginMs: 150 } });
    const silent = await world.dial();
    const half = await world.dial();
    half.socket.write("L de");
    await until(() => silent.closed && half.closed);
    await until(() => world.counts.get("closings login-timeout") === 2);
  });

  it("is impossible with bytes that no protocol knows", async () => {
    await start();
    const peer = await world.dial();
    peer.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => peer.closed);
    await until(() => world.counts.get("closings unrecognised") === 1);
    expect(world.logs.filter(({ msg }) => msg === "no protocol begins like this")).toHaveLength(1);
  });
});
