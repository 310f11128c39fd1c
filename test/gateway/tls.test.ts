/** Lines over TLS: the same lines, whatever happens to the certificate meanwhile. */
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { Certificates } from "../../src/certificates.ts";
import { TestAuthority } from "../support/certificates.ts";
import { Peer, startWorld, until, type World } from "../support/gateway-world.ts";

const authority = new TestAuthority();
const log = pino({ level: "silent" });
const [first, second] = ["first", "second"].map((name) => new Certificates(authority.server(name), log));
const started: { readonly world: World; readonly peers: Peer[] }[] = [];

async function start(): Promise<World> {
  const world = await startWorld({ ...(first === undefined ? {} : { tls: first.settings }) });
  started.push({ world, peers: [] });
  return world;
}

/** A device whose handshake has succeeded. */
async function dial(world: World, options: ConnectionOptions = {}): Promise<Peer & { readonly socket: TLSSocket }> {
  const socket = connect({ host: "127.0.0.1", port: world.tlsPort, ca: authority.ca, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const peer = new Peer(socket);
  started.at(-1)?.peers.push(peer);
  return Object.assign(peer, { socket });
}

afterEach(async () => {
  vi.useRealTimers();
  for (const { world, peers } of started.splice(0)) {
    for (const { socket } of peers) socket.destroy();
    await world.close();
  }
});
afterAll(() => authority.remove());

describe("a line over TLS", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)("logs in, gets texts and sends them, over %s", async (version) => {
    const world = await start();
    const peer = await dial(world, { minVersion: version, maxVersion: version });
    expect(peer.socket.getProtocol()).toBe(version);
    await peer.login("dev1");
    const id = await world.send(1, "down");
    await until(() => peer.lines.length === 2);
    peer.say(`A ${peer.lines[1]?.split(" ")[1]}`, "T s1 up");
    await peer.heard("AT");
    await until(async () => (await world.store.find([id]))[0]?.state === "delivered");
    expect(world.counts.get("connections tls")).toBe(1);
    expect(world.registry.get(1)?.address).toBe("127.0.0.1");
  });

  it("stays when the certificate changes; whoever comes later sees the new one", async () => {
    const world = await start();
    const early = await dial(world);
    expect(early.socket.getPeerCertificate().subject.CN).toBe("first");
    await early.login("dev1");
    if (second !== undefined) world.gateway.renew(second.settings);
    const late = await dial(world);
    expect(late.socket.getPeerCertificate().subject.CN).toBe("second");
    await world.send(1, "still here");
    await until(() => early.lines.length === 2);
    expect(early.closed).toBe(false);
  });

  it("has what it said last stored when it ends", async () => {
    const world = await start();
    const peer = await dial(world);
    await peer.login("dev1");
    peer.say("T s1 last words");
    peer.socket.end();
    await peer.heard("AT");
    await until(() => peer.closed);
    expect((await world.store.list({ trackerId: 1, from: null, to: null, limit: 9, ascending: true }))[0]?.text).toBe("last words");
  });

  it("is drained like any other, and so is one that is not through its handshake", async () => {
    const world = await start();
    const peer = await dial(world);
    await peer.login("dev1");
    const raw = new Peer(connectPlain(world.tlsPort, "127.0.0.1"));
    await until(() => !raw.socket.connecting);
    await world.dial();
    await world.gateway.drain(100);
    await until(() => peer.closed && raw.closed);
    expect((await world.store.owners([1])).size).toBe(0);
  });
});

describe("a handshake that fails", () => {
  it("ends its connection and nothing else: plain bytes, old versions, nobody there", async () => {
    const world = await start();
    const peer = await dial(world);
    await peer.login("dev1");
    const plain = new Peer(connectPlain(world.tlsPort, "127.0.0.1"));
    plain.say("L dev1");
    await until(() => plain.closed);
    await expect(dial(world, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })).rejects.toThrow();
    await expect(dial(world, { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" })).rejects.toThrow();
    const gone = new Peer(connectPlain(world.tlsPort, "127.0.0.1"));
    await until(() => !gone.socket.connecting);
    gone.socket.resetAndDestroy();
    await until(() => world.counts.get("closings tls-failed") === 4);
    expect(world.logs.filter(({ reason }) => reason === "tls-failed")).toHaveLength(4);
    expect(world.counts.get("logins scripted-by-tag")).toBe(1);
    peer.say("P");
    await peer.heard("AP");
  });

  it("is not waited for longer than ten seconds", async () => {
    const world = await start();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = new Peer(connectPlain(world.tlsPort, "127.0.0.1"));
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    while (vi.getTimerCount() === 0) await turn();
    vi.advanceTimersByTime(9_900);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(silent.closed).toBe(false);
    vi.advanceTimersByTime(200);
    while (!silent.closed) await turn();
    expect(world.counts.get("closings tls-failed")).toBe(1);
  });
});
