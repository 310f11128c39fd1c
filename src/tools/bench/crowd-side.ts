/** The load side of a crowd: thousands of lines that log in, stay idle and come back. Run as a child process, so that it costs neither the product nor who measures. */
import { connect, type Socket } from "node:net";
import type { CrowdDone, CrowdOrder } from "./crowd.ts";
import { wialonDevice } from "./product.ts";

/** How long a device waits that was refused or cut. */
const RETRY_MS = 200;
/** Lines are spread over as many source addresses: one has 28,000 ports, and those just closed are not free at once. */
const ADDRESSES = 100;
const FIRST_ADDRESS = 2;
/** The product's answer, and a bare server's. */
const WELCOMES = ["#AL#1", "#L#"];

class CrowdLine {
  readonly #port: number;
  readonly #index: number;
  #socket: Socket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #up: () => void = () => {};
  retries = 0;

  constructor(port: number, index: number) {
    this.#port = port;
    this.#index = index;
  }

  /** Ends when the device is logged in, however often it must try. */
  login(): Promise<void> {
    return new Promise((resolve) => {
      this.#up = resolve;
      this.#connect();
    });
  }

  /** Ends when the socket is closed on this side. */
  drop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (socket === null || socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("close", () => resolve());
      socket.destroy();
    });
  }

  #connect(): void {
    const localAddress = `127.0.0.${FIRST_ADDRESS + (this.#index % ADDRESSES)}`;
    const socket = connect({ host: "127.0.0.1", port: this.#port, localAddress });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("connect", () => socket.write(`#L#${wialonDevice(this.#index)};NA\r\n`));
    socket.on("data", (chunk) => {
      const said = chunk.toString("latin1");
      if (WELCOMES.some((welcome) => said.startsWith(welcome))) this.#up();
      else socket.destroy();
    });
    // What went wrong does not matter to a device: it tries again when the socket has closed.
    socket.on("error", () => {});
    socket.on("close", () => this.#closed(socket));
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.retries += 1;
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }
}

const [gatewayPort = "0"] = process.argv.slice(2);
let lines: CrowdLine[] = [];

/** `atOnce`: so many are under way at a time. */
async function bringUp(some: readonly CrowdLine[], atOnce: number): Promise<void> {
  const waiting = some[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const line of waiting) await line.login();
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, some.length) }, lane));
}

async function perform(order: CrowdOrder): Promise<void> {
  if (order.do === "open") {
    const more = Array.from({ length: order.count }, (_, offset) => new CrowdLine(Number(gatewayPort), order.from + offset));
    lines.push(...more);
    await bringUp(more, order.atOnce);
  } else if (order.do === "storm") {
    // Not waited for: a device that lost its network does not wait for the server to notice either.
    for (const line of lines) void line.drop();
    await bringUp(lines, lines.length);
  } else {
    await Promise.all(lines.map((line) => line.drop()));
    lines = [];
  }
}

process.on("message", async (order: CrowdOrder) => {
  const begin = performance.now();
  const those = lines;
  for (const line of those) line.retries = 0;
  await perform(order);
  const retries = (order.do === "close" ? those : lines).reduce((sum, line) => sum + line.retries, 0);
  const done: CrowdDone = { seconds: (performance.now() - begin) / 1_000, retries };
  process.send?.(done);
});
