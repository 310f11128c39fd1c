/** Lines that an upstream server shares, over real TCP: with a scripted one, and with another gateway of every protocol that can. */
import { afterEach, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../protocols/index.ts";
import type { DeviceOutput, Protocol } from "../../src/core/index.ts";
import { Upstream, type UpstreamLimits } from "../../src/gateway/upstream.ts";
import { DeviceRunner } from "../../src/tools/device-runner.ts";
import { subjectOf } from "../every-protocol/subject.ts";
import { startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { byTag } from "../support/scripted-protocol.ts";
import { UpstreamServer, type UpstreamServerOptions } from "../support/upstream-server.ts";

const LIMITS: UpstreamLimits = { connectMs: 2_000, retryMs: 20, longestRetryMs: 100, chokeBytes: 64 * 1024, slowMs: 300 };

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function upstreamServer(options?: UpstreamServerOptions): Promise<UpstreamServer> {
  const server = await UpstreamServer.start(options);
  closing.push(() => server.stop());
  return server;
}

async function world(options: WorldOptions): Promise<World> {
  const one = await startWorld({ upstream: LIMITS, ...options });
  closing.unshift(() => one.close());
  return one;
}

/** One tracker whose profile names this upstream. */
async function shared(tee: string): Promise<World> {
  return await world({ fleet: { trackers: [{ id: 1, deviceId: "dev1", profile: { tee } }], protocols: [byTag] } });
}

/** What a server of the scripted protocol says. */
function scripted(line: string): string | null {
  return { L: "AL ok", S: "AS", V: "AV", P: "AP" }[line.slice(0, 1)] ?? null;
}

describe("a scripted upstream", () => {
  it("gets all but the chat, and acknowledges it alone", async () => {
    const upstream = await upstreamServer();
    const here = await shared(upstream.target);
    const peer = await here.dial();
    await peer.login("dev1");
    const id = await here.send(1, "hello");
    await until(() => peer.lines.length === 2);
    peer.say("S 50", `A ${peer.lines[1]?.split(" ")[1]}`, "V s1 in a position", "T s2 alone");
    await peer.heard("AT");
    await until(() => upstream.lines.length === 3);
    expect(upstream.lines).toEqual(["L dev1", "S 50", "V s1 in a position"]);
    expect(peer.lines.slice(2), "nothing that the upstream must say").toEqual(["AT"]);
    upstream.say("AL ok", "AS", "AV", "M 1 an order of its own");
    await peer.heard("AV");
    expect(peer.lines.slice(2)).toEqual(["AT", "AS", "AV"]);
    expect((await here.store.find([id]))[0]?.state).toBe("delivered");
    expect(here.counts.get("notes scripted-by-tag upstream-order")).toBe(1);
    expect(here.counts.get("tee scripted-by-tag connected")).toBe(1);
    expect(here.counts.get("tee-bytes scripted-by-tag up")).toBe(upstream.connections[0]?.text.length);
    expect(Object.fromEntries(here.gateway.upstreams)).toEqual({ up: 1, down: 0 });
  });

  it("that is away costs the device its acknowledgements and the driver nothing, and is told all once it is back", async () => {
    const gone = await UpstreamServer.start();
    const { port, target } = gone;
    await gone.stop();
    const here = await shared(target);
    const peer = await here.dial();
    await peer.login("dev1");
    await until(
      () => (here.counts.get("tee scripted-by-tag failed") ?? 0) >= 2,
      () => "calls that fail",
    );
    expect(Object.fromEntries(here.gateway.upstreams)).toEqual({ up: 0, down: 1 });
    peer.say("S 50", "T s1 from the driver", "P");
    await peer.heard("AP");
    await here.send(1, "to driver");
    await until(() => peer.lines.some((line) => line.endsWith("to driver")));
    expect(peer.lines).not.toContain("AS");
    const upstream = await upstreamServer({ port, answer: scripted });
    await until(() => upstream.lines.includes("L dev1"));
    peer.say("S 50");
    await peer.heard("AS");
    expect(upstream.lines).toEqual(["L dev1", "S 50"]);
  });

  it("that is lost is called again, and again, in one line of the device", async () => {
    const upstream = await upstreamServer({ answer: scripted });
    const here = await shared(upstream.target);
    const peer = await here.dial();
    await peer.login("dev1");
    for (let round = 1; round <= 3; round += 1) {
      await until(() => upstream.connections.length === round && upstream.lines.includes("L dev1"));
      peer.say(`S ${round}`);
      await until(() => peer.lines.filter((line) => line === "AS").length === round);
      upstream.connections.at(-1)?.socket.destroy();
    }
    await until(() => here.counts.get("tee scripted-by-tag lost") === 3);
    expect(peer.closed).toBe(false);
  });

  it("is left when the device leaves, and gets the last that it said", async () => {
    const upstream = await upstreamServer({ answer: scripted });
    const here = await shared(upstream.target);
    const peer = await here.dial();
    await peer.login("dev1");
    await until(() => upstream.lines.length === 1);
    peer.say("S 1", "S 2");
    peer.socket.end();
    await until(() => upstream.connections[0]?.ended === true);
    expect(upstream.lines).toEqual(["L dev1", "S 1", "S 2"]);
    expect(upstream.connections).toHaveLength(1);
    await until(() => here.gateway.connections === 0);
  });
});

describe("a slow upstream", () => {
  it("makes the device wait, and is dropped when that takes too long", async () => {
    const upstream = await upstreamServer({ deaf: true });
    const counts = new Map<string, number>();
    const news: string[] = [];
    const owner = { upstreamSaid: (said: string | Buffer) => void news.push(String(said)), unchoked: () => void news.push("unchoked") };
    const meter = {
      count: (what: string, labels: string, by = 1) => void counts.set(`${what} ${labels}`, (counts.get(`${what} ${labels}`) ?? 0) + by),
    };
    const line = new Upstream({ target: upstream.target, protocol: "p" }, owner, { meter, upstream: LIMITS });
    closing.unshift(() => Promise.resolve(line.close()));
    await until(() => line.up);
    expect(line.choked).toBe(false);
    for (let sent = 0; sent < 64 && !line.choked; sent += 1) line.send(Buffer.alloc(1024 * 1024));
    expect(line.choked, "more than a kernel takes").toBe(true);
    await until(() => counts.get("tee p slow") === 1);
    expect(news).toContain("down");
    await until(
      () => line.up,
      () => "another connection",
    );
    expect(line.choked).toBe(false);
  });

  it("that reads after all lets the device go on", async () => {
    const upstream = await upstreamServer({ deaf: true });
    const news: string[] = [];
    const owner = { upstreamSaid: (said: string | Buffer) => void news.push(String(said)), unchoked: () => void news.push("unchoked") };
    const limits = { ...LIMITS, slowMs: 30_000 };
    const line = new Upstream({ target: upstream.target, protocol: "p" }, owner, { meter: { count: () => undefined }, upstream: limits });
    closing.unshift(() => Promise.resolve(line.close()));
    await until(() => line.up);
    for (let sent = 0; sent < 64 && !line.choked; sent += 1) line.send(Buffer.alloc(1024 * 1024));
    upstream.connections[0]?.socket.resume();
    await until(() => news.includes("unchoked"));
    expect(line.choked).toBe(false);
  });
});

const SHARING = PROTOCOLS.filter(({ tee }) => tee !== undefined).map((protocol) => [protocol.name, protocol] as const);

it.each(SHARING)("%s: positions go through to another server of the protocol, texts stay here", async (_name, protocol) => {
  const stance = subjectOf(protocol).stances.find(({ sayable }) => sayable.length > 0);
  if (stance === undefined) throw new Error("no transcript shows a text");
  const tracker = { id: 1, deviceId: stance.deviceId, protocol: protocol.name };
  const there = await world({
    protocols: [protocol],
    fleet: { trackers: [{ ...tracker, profile: stance.profile }], protocols: [protocol] },
  });
  const tee = `127.0.0.1:${there.port}`;
  const fleet = { trackers: [{ ...tracker, profile: { ...stance.profile, tee } }], protocols: [protocol] };
  const here = await world({ protocols: [protocol], fleet });
  const outputs: DeviceOutput[] = [];
  const runner = run(protocol, stance, here.port, outputs);
  await until(
    () => outputs.some(({ type }) => type === "online"),
    () => `a login among ${JSON.stringify(outputs)}`,
  );
  await until(
    () => there.counts.get(`logins ${protocol.name}`) === 1,
    () => "a login at the upstream",
  );
  runner.position();
  await until(
    () => there.gateway.connections === 1 && (there.counts.get(`frames ${protocol.name}`) ?? 0) >= 2,
    () => "a position at the upstream",
  );
  await here.send(1, stance.sayable[0] ?? "");
  await until(
    () => here.counts.get(`texts out ${protocol.name} delivered`) === 1,
    () => "a receipt",
    15_000,
  );
  expect(there.counts.get(`notes ${protocol.name} stray-receipt`)).toBeUndefined();
  expect(await there.store.lastTimes([1]), "chat at the upstream").toEqual(new Map());
});

function run(
  protocol: Protocol,
  { deviceId, profile }: { readonly deviceId: string; readonly profile: DeviceProfile },
  port: number,
  outputs: DeviceOutput[],
): DeviceRunner {
  const device = protocol.device({ deviceId, profile, password: null, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
  const events = { output: (output: DeviceOutput) => void outputs.push(output), connected: () => undefined, disconnected: () => undefined };
  const runner = new DeviceRunner(device, { host: "127.0.0.1", port }, events);
  closing.unshift(() => Promise.resolve(runner.stop()));
  runner.start();
  return runner;
}

type DeviceProfile = Readonly<Record<string, unknown>>;
