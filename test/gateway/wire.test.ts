/** One wire over real TCP: how much may be unsent, and how a wire ends. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Latecomer, Turns, WAITING_BYTES } from "../../src/gateway/turns.ts";
import { Wire, type WireLimits, type WireOwner } from "../../src/gateway/wire.ts";
import { Peer, until } from "../support/gateway-world.ts";
import { BOUNDS } from "../support/limits.ts";

const open: { readonly server: Server; readonly peer: Peer }[] = [];

afterEach(() => {
  for (const { server, peer } of open.splice(0)) {
    peer.socket.destroy();
    server.close();
  }
});

/** A wire, its peer, and what its owner was told. `highWaterMark`: from how many unsent bytes on its stream tells when they are sent. */
async function pair(
  turns = new Turns(() => 0),
  { highWaterMark, limits = BOUNDS.wire }: { readonly highWaterMark?: number; readonly limits?: WireLimits } = {},
): Promise<{ readonly wire: Wire; readonly peer: Peer; readonly socket: Socket; readonly told: string[] }> {
  const told: string[] = [];
  const owner: WireOwner = {
    received: (chunk) => told.push(`received ${chunk.length}`),
    peerEnded: () => told.push("peerEnded"),
    unchoked: () => told.push("unchoked"),
    failed: () => told.push("failed"),
    gone: () => told.push("gone"),
  };
  const server = createServer({ allowHalfOpen: true, ...(highWaterMark === undefined ? {} : { highWaterMark }) });
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const peer = await Peer.dial(typeof address === "object" && address !== null ? address.port : 0, { allowHalfOpen: true });
  open.push({ server, peer });
  const socket = await accepted;
  return { wire: new Wire(socket, owner, { wire: limits, turns }), peer, socket, told };
}

/** Others have had all of this turn, until `serve`. */
class OverTurns extends Turns {
  waiting: Latecomer[] = [];

  constructor() {
    super(() => 0);
  }

  override get open(): boolean {
    return this.full;
  }

  override putOff(who: Latecomer, bytes: number): void {
    super.putOff(who, bytes);
    this.waiting.push(who);
  }

  serve(): void {
    for (const who of this.waiting.splice(0)) who.catchUp();
  }
}

/** The same when others have the turn, and these words of the peer's were put off. */
async function late(words: string): Promise<Awaited<ReturnType<typeof pair>> & { readonly turns: OverTurns }> {
  const turns = new OverTurns();
  const both = await pair(turns);
  both.peer.say(words);
  await until(() => turns.waiting.length === 1);
  return { ...both, turns };
}

/** Writes until the kernel takes no more, then `more` bytes. */
function fill(wire: Wire, more: number): void {
  const piece = Buffer.alloc(16 * 1024);
  for (let sent = 0; !wire.choked && sent < 4_096; sent += 1) {
    wire.send(piece);
    wire.check(0);
  }
  for (let sent = 0; sent < more; sent += piece.length) wire.send(piece);
}

describe("a wire", () => {
  it("is choked by a peer that does not read, for a minute and no longer", async () => {
    const { wire, peer, told } = await pair();
    peer.socket.pause();
    fill(wire, 0);
    expect(wire.choked).toBe(true);
    expect(wire.deadline).toBe(60_000);
    expect([wire.check(59_999), wire.check(60_000)]).toEqual(["fine", "too-slow"]);
    peer.socket.resume();
    await until(() => told.includes("unchoked"));
    expect(wire.choked).toBe(false);
    expect(wire.check(60_000)).toBe("fine");
  });

  it("is choked no longer once the peer reads, also where its stream would not tell of it", async () => {
    const limits = { bufferBytes: 64 * 1024, slowReaderMs: 60_000 };
    const { wire, peer, socket, told } = await pair(undefined, { highWaterMark: 1024 * 1024, limits });
    peer.socket.pause();
    fill(wire, 0);
    expect([wire.choked, socket.writableNeedDrain]).toEqual([true, false]);
    expect(wire.check(1)).toBe("fine");
    peer.socket.resume();
    await until(() => told.includes("unchoked"));
    expect([wire.choked, wire.check(60_000)]).toEqual([false, "fine"]);
  });

  it("holds no more than 256 KiB for it", async () => {
    const { wire, peer } = await pair();
    peer.socket.pause();
    fill(wire, 128 * 1024);
    expect(wire.check(1)).toBe("fine");
    fill(wire, 128 * 1024);
    expect(wire.check(1)).toBe("too-slow");
  });

  it("sends what was written before its end, hears no more, and goes when the peer has ended", async () => {
    const { wire, peer, told } = await pair();
    wire.send(Buffer.from("last words\n"));
    wire.end(0);
    wire.send(Buffer.from("nothing more\n"));
    peer.say("too late");
    await until(() => peer.ended);
    expect(peer.lines).toEqual(["last words"]);
    expect(wire.deadline).toBe(2_000);
    peer.socket.end();
    await until(() => told.includes("gone"));
    expect(told).toEqual(["peerEnded", "gone"]);
  });

  it("does not read while told not to", async () => {
    const { wire, peer, told } = await pair();
    wire.read(false);
    peer.say("hello");
    peer.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual([]);
    wire.read(true);
    await until(() => wire.halfClosed);
    expect(told).toEqual(["received 6", "peerEnded"]);
  });

  it("puts off what comes when others have the turn, and reads no further until it has dealt with it", async () => {
    const { turns, peer, socket, told } = await late("one");
    peer.say("three");
    await until(() => socket.isPaused());
    expect(told).toEqual([]);
    turns.serve();
    expect(told).toEqual(["received 4"]);
    await until(() => turns.waiting.length === 1);
    turns.serve();
    expect(told).toEqual(["received 4", "received 6"]);
  });

  it("hears what it put off before its peer's end", async () => {
    const { peer, told } = await pair(new OverTurns());
    peer.say("last words");
    peer.socket.end();
    await until(() => told.includes("peerEnded"));
    expect(told).toEqual(["received 11", "peerEnded"]);
  });

  it("hears what it put off before it goes", async () => {
    const { wire, told } = await late("last words");
    wire.destroy();
    await until(() => told.includes("gone"));
    expect(told).toEqual(["received 11", "gone"]);
  });

  it("hears nothing that it put off once it has ended", async () => {
    const { turns, wire, told } = await late("too late");
    wire.end(0);
    turns.serve();
    expect(told).toEqual([]);
  });

  it("is not read on by its owner while it has put something off", async () => {
    const { turns, wire, socket } = await late("one");
    wire.read(false);
    wire.read(true);
    expect(socket.isPaused()).toBe(true);
    turns.serve();
    expect(socket.isPaused()).toBe(false);
  });

  it("puts nothing off when too much waits, and hears its own first", async () => {
    const { turns, peer, told } = await late("one");
    turns.putOff({ catchUp: () => undefined }, WAITING_BYTES);
    peer.say("three");
    await until(() => told.length === 2);
    expect(told).toEqual(["received 4", "received 6"]);
  });
});
