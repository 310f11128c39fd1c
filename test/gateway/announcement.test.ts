/** Lines behind a balancer: their address is the one that the balancer says, and only a balancer may say one. */
import { connect as connectPlain, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { Certificates } from "../../src/certificates.ts";
import { TestAuthority } from "../support/certificates.ts";
import { Peer, startWorld, until, type World, type WorldOptions } from "../support/gateway-world.ts";
import { binaryHeader, localHeader, textHeader } from "../support/proxy-headers.ts";

const ENDS = { source: "203.0.113.9", target: "198.51.100.7" };
const V6_ENDS = { source: "2001:db8::9", target: "2001:db8::7" };
const authority = new TestAuthority();
const { settings } = new Certificates(authority.server("gateway"), pino({ level: "silent" }));
const opened: { readonly world: World; readonly peers: Peer[] }[] = [];

async function start(options: WorldOptions = {}): Promise<World> {
  const trackers = Array.from({ length: 10 }, (_, index) => ({ id: index + 1, deviceId: `dev${index + 1}` }));
  const world = await startWorld({ balancers: ["127.0.0.1"], tls: settings, fleet: { trackers }, ...options });
  opened.push({ world, peers: [] });
  return world;
}

async function dial(port: number, from = "127.0.0.1"): Promise<Peer> {
  const socket = connectPlain({ port, host: "127.0.0.1", localAddress: from });
  const peer = new Peer(socket);
  opened.at(-1)?.peers.push(peer);
  await until(() => !socket.connecting);
  return peer;
}

afterEach(async () => {
  vi.useRealTimers();
  for (const { world, peers } of opened.splice(0)) {
    for (const { socket } of peers) socket.destroy();
    await world.close();
  }
});
afterAll(() => authority.remove());

/** A stream over a socket whose first write goes out behind a header, cut into these segments. */
function announced(raw: Socket, header: Buffer, cut: (bytes: Buffer) => readonly Buffer[]): Duplex {
  let first = true;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      const segments = first ? cut(Buffer.concat([header, chunk])) : [chunk];
      first = false;
      void sendApart(raw, segments).then(() => done());
    },
    destroy: (error, done) => {
      raw.destroy();
      done(error);
    },
  });
  raw.on("data", (chunk) => stream.push(chunk)).on("end", () => stream.push(null));
  return stream;
}

async function sendApart(raw: Socket, segments: readonly Buffer[]): Promise<void> {
  for (const segment of segments) {
    raw.write(segment);
    if (segments.length > 1) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const addressOf = (world: World, tracker = 1): string | undefined => world.registry.get(tracker)?.address;

describe("behind a balancer", () => {
  it.each([
    ["text", textHeader(ENDS), ENDS.source],
    ["text over IPv6", textHeader(V6_ENDS), V6_ENDS.source],
    ["binary", binaryHeader(ENDS), ENDS.source],
    ["binary over IPv6", binaryHeader(V6_ENDS, Buffer.from([4, 0, 1, 0])), V6_ENDS.source],
    ["the balancer's own", localHeader(), "127.0.0.1"],
    ["an unknown client's", Buffer.from("PROXY UNKNOWN\r\n"), "127.0.0.1"],
  ])("a line has the address of the header: %s", async (_, header, address) => {
    const world = await start();
    const peer = await dial(world.port);
    peer.socket.write(header);
    await peer.login("dev1");
    expect(addressOf(world)).toBe(address);
    peer.say("T s1 up");
    await peer.heard("AT");
    expect(world.logs.find(({ msg }) => msg === "device online")).toMatchObject({ address });
  });

  it("means the same wherever the header and what follows are cut", async () => {
    const world = await start();
    const bytes = Buffer.concat([binaryHeader(ENDS), Buffer.from("L dev1\n")]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const peer = await dial(world.port);
      peer.socket.setNoDelay(true);
      peer.socket.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 2));
      peer.socket.write(bytes.subarray(cut));
      await peer.heard("AL ok");
      expect(addressOf(world)).toBe(ENDS.source);
      peer.socket.destroy();
      await until(() => world.registry.size === 0);
    }
  });

  it("holds on the port of one protocol too", async () => {
    const world = await start();
    const peer = await dial(world.singlePort);
    peer.socket.write(Buffer.concat([textHeader(ENDS), Buffer.from("L dev1\n")]));
    await peer.heard("AL ok");
    expect(addressOf(world)).toBe(ENDS.source);
  });

  it.each([
    ["in one piece with it", (bytes: Buffer) => [bytes]],
    ["byte by byte", (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.from([byte]))],
    ["apart from it", (bytes: Buffer) => [bytes.subarray(0, binaryHeader(ENDS).length), bytes.subarray(binaryHeader(ENDS).length)]],
  ] as const)("holds over TLS, the header before the handshake, %s", async (_, cut) => {
    const world = await start();
    const raw = connectPlain(world.tlsPort, "127.0.0.1").setNoDelay(true);
    await until(() => !raw.connecting);
    const secure = connectTls({ socket: announced(raw, binaryHeader(ENDS), cut), ca: authority.ca, servername: "localhost" });
    const peer = new Peer(secure);
    opened.at(-1)?.peers.push(peer);
    await new Promise<void>((resolve, reject) => void secure.once("secureConnect", resolve).once("error", reject));
    await peer.login("dev1");
    expect(addressOf(world)).toBe(ENDS.source);
    peer.say("T s1 up");
    await peer.heard("AT");
  });

  it("lines are bounded by the address that they come from", async () => {
    const world = await start({ linesPerIp: 1 });
    const peers = [await dial(world.port), await dial(world.port), await dial(world.port)];
    for (const peer of peers) peer.socket.write(textHeader(ENDS));
    await until(() => peers.filter(({ closed }) => closed).length === 2);
    expect(world.counts.get("closings too-many-lines")).toBe(2);
    const other = await dial(world.port);
    other.socket.write(textHeader({ ...ENDS, source: "203.0.113.10" }));
    await other.login("dev2");
    const waiting = peers.find(({ closed }) => !closed);
    waiting?.socket.destroy();
    await until(() => world.gateway.connections === 1);
    const next = await dial(world.port);
    next.socket.write(textHeader(ENDS));
    await next.login("dev3");
  });

  it("a place is given back when the handshake fails", async () => {
    const world = await start({ linesPerIp: 1 });
    for (const _ of [1, 2, 3]) {
      const peer = await dial(world.tlsPort);
      peer.socket.write(Buffer.concat([textHeader(ENDS), Buffer.from("no handshake at all")]));
      await until(() => peer.closed);
    }
    expect(world.counts.get("closings tls-failed")).toBe(3);
    expect(world.counts.get("closings too-many-lines")).toBeUndefined();
  });
});

describe("a connection of a balancer without its header", () => {
  it("is closed, and says why in the log", async () => {
    const world = await start();
    const peer = await dial(world.port);
    peer.say("L dev1");
    await until(() => peer.closed);
    const cut = await dial(world.port);
    cut.socket.end(binaryHeader(ENDS).subarray(0, 20));
    await until(() => cut.closed);
    expect(world.counts.get("closings bad-proxy-header")).toBe(2);
    const told = world.logs.filter(({ reason }) => reason === "bad-proxy-header").map(({ detail, address }) => [detail, address]);
    expect(told).toEqual([
      ["no PROXY header", "127.0.0.1"],
      ["a header without an end", "127.0.0.1"],
    ]);
  });

  it("is no news when it closes without a word, as health checks do", async () => {
    const world = await start();
    const peer = await dial(world.port);
    peer.socket.end();
    await until(() => peer.closed);
    expect([...world.counts.keys()].filter((key) => key.startsWith("closings"))).toEqual([]);
    expect(world.logs).toEqual([]);
  });

  it("is not waited for longer than five seconds", async () => {
    const world = await start();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = new Peer(connectPlain(world.port, "127.0.0.1"));
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    while (vi.getTimerCount() === 0) await turn();
    vi.advanceTimersByTime(5_100);
    while (!silent.closed) await turn();
    expect(world.counts.get("closings bad-proxy-header")).toBe(1);
  });
});

describe("whoever is no balancer", () => {
  it("cannot take a foreign address: the header is what it says first, and no protocol begins so", async () => {
    const world = await start({ balancers: ["127.0.0.1"] });
    for (const header of [textHeader(ENDS), binaryHeader(ENDS)]) {
      const peer = await dial(world.port, "127.0.0.2");
      peer.socket.write(Buffer.concat([header, Buffer.from("L dev1\n")]));
      await until(() => peer.closed);
    }
    expect(world.registry.size).toBe(0);
    expect(world.counts.get("closings unrecognised")).toBe(2);
    const honest = await dial(world.port, "127.0.0.2");
    await honest.login("dev1");
    expect(addressOf(world)).toBe("127.0.0.2");
  });
});
