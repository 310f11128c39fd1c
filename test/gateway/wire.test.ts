/** One wire over real TCP: how much may be unsent, and how a wire ends. */
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Wire, type WireOwner } from "../../src/gateway/wire.ts";
import { Peer, until } from "../support/gateway-world.ts";
import { BOUNDS } from "../support/limits.ts";

const open: { readonly server: Server; readonly peer: Peer }[] = [];

afterEach(() => {
  for (const { server, peer } of open.splice(0)) {
    peer.socket.destroy();
    server.close();
  }
});

/** A wire, its peer, and what its owner was told. */
async function pair(): Promise<{ readonly wire: Wire; readonly peer: Peer; readonly told: string[] }> {
  const told: string[] = [];
  const owner: WireOwner = {
    received: (chunk) => told.push(`received ${chunk.length}`),
    peerEnded: () => told.push("peerEnded"),
    unchoked: () => told.push("unchoked"),
    failed: () => told.push("failed"),
    gone: () => told.push("gone"),
  };
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Wire>((resolve) => server.once("connection", (socket) => resolve(new Wire(socket, owner, BOUNDS.wire))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const peer = await Peer.dial(typeof address === "object" && address !== null ? address.port : 0, { allowHalfOpen: true });
  open.push({ server, peer });
  return { wire: await accepted, peer, told };
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
});
