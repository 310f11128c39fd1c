/** The bounds of docs/bounds.md on HTTP clients, each at its edge, over real TCP. */
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpServer, type HttpLimits } from "../../src/http/server.ts";
import { Peer, until } from "../support/gateway-world.ts";

const LIMITS: HttpLimits = {
  connections: 3,
  headersMs: 300,
  requestMs: 600,
  keepAliveMs: 300,
  headerBytes: 4_096,
  bodyBytes: 1_000,
};
/** Node looks at its timeouts as often as they are long, and at idle connections a second late. */
const LATE_MS = 5_000;

let app: FastifyInstance;
const peers: Peer[] = [];

beforeEach(async () => {
  app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, registry: null, limits: LIMITS });
  app.post("/echo", ({ body }) => body);
  await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.socket.destroy();
  await app.close();
});

async function dial(): Promise<Peer> {
  const peer = await Peer.dial((app.server.address() as AddressInfo).port);
  peers.push(peer);
  return peer;
}

function posted(body: string, headers = ""): string {
  return `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** How long until it is closed. */
async function closedAfter(peer: Peer): Promise<number> {
  const from = performance.now();
  await until(
    () => peer.closed,
    () => `the end of a connection, heard ${peer.text}`,
    LATE_MS,
  );
  return performance.now() - from;
}

describe("time", () => {
  it("a head that does not end, though something comes of it all the time", async () => {
    const peer = await dial();
    peer.socket.write("POST /echo HTTP/1.1\r\nHost: x\r\n");
    const trickle = setInterval(() => peer.socket.write("X-A: b\r\n"), 20);
    expect(await closedAfter(peer)).toBeGreaterThan(200);
    clearInterval(trickle);
  });

  it("a body that does not end, though something comes of it all the time", async () => {
    const peer = await dial();
    peer.socket.write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n");
    const trickle = setInterval(() => peer.socket.write(" "), 20);
    expect(await closedAfter(peer)).toBeGreaterThan(500);
    clearInterval(trickle);
  });

  it("silence between two requests", async () => {
    const peer = await dial();
    peer.socket.write(posted("[1]"));
    await until(() => peer.text.endsWith("[1]"));
    expect(await closedAfter(peer)).toBeGreaterThan(200);
  });
});

describe("space", () => {
  it("connections: one too many is closed, and the others go on", async () => {
    const held = [await dial(), await dial(), await dial()];
    const fourth = await dial();
    await closedAfter(fourth);
    const [first] = held;
    first?.socket.write(posted("[2]"));
    await until(() => first?.text.endsWith("[2]") === true);
  });

  it("the size of a head", async () => {
    const [fits, over] = [await dial(), await dial()];
    fits.socket.write(posted("[3]", `X-A: ${"a".repeat(3_500)}\r\n`));
    over.socket.write(posted("[3]", `X-A: ${"a".repeat(4_200)}\r\n`));
    await until(() => fits.text.endsWith("[3]") && over.text.includes('"code":9'));
    expect(fits.text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("the size of a body: to the byte, said in advance or not", async () => {
    const text = (length: number): string => JSON.stringify(["a".repeat(length - 4)]);
    const [fits, over, chunked] = [await dial(), await dial(), await dial()];
    fits.socket.write(posted(text(1_000)));
    over.socket.write(posted(text(1_001)));
    const part = `400\r\n${" ".repeat(1_024)}\r\n`;
    chunked.socket.write(`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${part}`);
    await until(() => fits.text.endsWith('a"]') && over.text.includes('"code":9') && chunked.text.includes('"code":9'));
    expect(fits.text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("the size of a body: who still writes it reads why it is refused, and may ask again", async () => {
    const peer = await dial();
    peer.socket.write(posted(" ".repeat(2_000_000)));
    await until(() => peer.text.includes('"code":9'));
    peer.socket.write(posted("[4]"));
    await until(() => peer.text.endsWith("[4]"));
  });

  it("the size of a body: one that is refused and does not end is cut off", async () => {
    const peer = await dial();
    peer.socket.write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
    const trickle = setInterval(() => peer.socket.write(" "), 20);
    await until(() => peer.text.includes('"code":9'));
    await closedAfter(peer);
    clearInterval(trickle);
  });
});
