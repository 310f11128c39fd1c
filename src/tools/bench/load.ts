/** The load side: lines of Wialon IPS as raw sockets, so that the client costs as little as it can. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { cpuSeconds } from "./process-stats.ts";

export interface Closed {
  /** In the window, and a second. */
  readonly answers: number;
  readonly rate: number;
  /** CPU seconds of the measured processes in the window, of each and together. */
  readonly cpus: readonly number[];
  readonly cpu: number;
  /** Share of one core the load side used; above 0.8 the run says more about the client than the server. */
  readonly loadCpu: number;
}

/** Opens a socket, plain or over TLS whoever answers; with `login` writes it and waits for the answer's line. */
export async function openLine(port: number, login: string | null, tls = false): Promise<Socket> {
  const to = { host: "127.0.0.1", port };
  const socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
  socket.setNoDelay(true);
  await once(socket, tls ? "secureConnect" : "connect");
  if (login === null) return socket;
  socket.write(login);
  const answer = await received(socket);
  if (!String(answer).startsWith("#AL#1")) throw new Error(`login refused: ${String(answer).trim()}`);
  return socket;
}

/** What goes over a line: the frame it sends next, and how many answers a chunk holds. */
export interface Exchange {
  next(line: number): string | Buffer;
  answers(chunk: Buffer): number;
}

export interface LoopPlan {
  readonly seconds: number;
  /** Processes whose CPU is measured. */
  readonly pids: readonly number[];
  /** Frames a second of all lines together; null: as fast as answers come. */
  readonly perSecond: number | null;
}

/** Every line keeps at most one frame outstanding for `seconds`. */
export async function closedLoop(lines: readonly Socket[], exchange: Exchange, plan: LoopPlan): Promise<Closed> {
  let answers = 0;
  const sender = new Sender(lines, exchange, plan.perSecond);
  const listeners = lines.map((socket, line) => {
    const listener = (chunk: Buffer): void => {
      const count = exchange.answers(chunk);
      answers += count;
      if (count > 0) sender.answered(line);
    };
    socket.on("data", listener);
    return listener;
  });
  sender.start();
  await sleep(WARM_UP_MS);
  const before = { answers, cpus: plan.pids.map(cpuSeconds), own: process.cpuUsage(), at: performance.now() };
  await sleep(plan.seconds * 1_000);
  const elapsed = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const cpus = plan.pids.map((pid, index) => cpuSeconds(pid) - (before.cpus[index] ?? 0));
  const result = {
    answers: answers - before.answers,
    rate: (answers - before.answers) / elapsed,
    cpus,
    cpu: cpus.reduce((sum, cpu) => sum + cpu, 0),
    loadCpu: (own.user + own.system) / 1e6 / elapsed,
  };
  sender.stop();
  await sleep(COOL_DOWN_MS);
  for (const [line, socket] of lines.entries()) socket.off("data", listeners[line] ?? (() => {}));
  return result;
}

/** Writes to a line that was answered: at once, or when its turn comes at the rate that is wanted. */
class Sender {
  readonly #lines: readonly Socket[];
  readonly #exchange: Exchange;
  readonly #perSecond: number | null;
  readonly #waiting: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #running = true;
  #sent = 0;
  #from = 0;

  constructor(lines: readonly Socket[], exchange: Exchange, perSecond: number | null) {
    this.#lines = lines;
    this.#exchange = exchange;
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#from = performance.now();
    if (this.#perSecond !== null) this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    for (const line of this.#lines.keys()) this.answered(line);
  }

  answered(line: number): void {
    if (!this.#running) return;
    if (this.#perSecond === null) this.#write(line);
    else this.#waiting.push(line);
  }

  stop(): void {
    this.#running = false;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #beat(): void {
    const due = ((performance.now() - this.#from) * (this.#perSecond ?? 0)) / 1_000 - this.#sent;
    const count = Math.min(this.#waiting.length, Math.floor(due));
    for (const line of this.#waiting.splice(0, count)) this.#write(line);
    this.#sent += count;
  }

  #write(line: number): void {
    this.#lines[line]?.write(this.#exchange.next(line));
  }
}

/** An exchange whose answers end with a line feed. */
export function lineExchange(next: (line: number) => string): Exchange {
  return { next, answers: lineFeeds };
}

/** A driver's text after the other. */
export function textExchange(): Exchange {
  let serial = 0;
  return lineExchange(() => {
    serial += 1;
    return `#M#${textOf(serial)}\r\n`;
  });
}

export function textOf(serial: number): string {
  return `driver text number ${serial}, about sixty characters long..`;
}

/** What a socket says next. */
export async function received(socket: Socket): Promise<Buffer> {
  const [chunk] = await once(socket, "data");
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A position as Wialon IPS 1.1 devices send it. */
export const POSITION = "#SD#221126;120000;5355.0926;N;02732.4099;E;60;90;300;7\r\n";

function lineFeeds(chunk: Buffer): number {
  let count = 0;
  for (const byte of chunk) if (byte === LF) count += 1;
  return count;
}

const LF = 0x0a;
const BEAT_MS = 2;
const WARM_UP_MS = 1_500;
const COOL_DOWN_MS = 300;

function once(socket: Socket, event: "connect" | "secureConnect" | "data"): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    // Of a line that is closed nothing comes any more.
    const closed = (): void => reject(new Error(`the line was closed before its "${event}"`));
    socket.once("error", failed).once("close", closed);
    socket.once(event, (...values: unknown[]) => {
      socket.off("error", failed).off("close", closed);
      resolve(values);
    });
  });
}
