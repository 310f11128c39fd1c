/** The load side: lines of Wialon IPS as raw sockets, so that the client costs as little as it can. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { cpuSeconds } from "./process-stats.ts";

export interface Closed {
  /** Answers a second, over the window. */
  readonly rate: number;
  /** CPU seconds of the measured process in the window. */
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
  const [answer] = await once(socket, "data");
  if (!String(answer).startsWith("#AL#1")) throw new Error(`login refused: ${String(answer).trim()}`);
  return socket;
}

/** Every line keeps one frame outstanding for `seconds`; `next` makes the frame that a line sends. */
export async function closedLoop(
  lines: readonly Socket[],
  next: (line: number) => string,
  seconds: number,
  pids: readonly number[],
): Promise<Closed> {
  let answers = 0;
  let running = true;
  const listeners = lines.map((socket, line) => {
    const listener = (chunk: Buffer): void => {
      for (const byte of chunk) if (byte === LF) answers += 1;
      if (running && chunk[chunk.length - 1] === LF) socket.write(next(line));
    };
    socket.on("data", listener);
    socket.write(next(line));
    return listener;
  });
  await sleep(WARM_UP_MS);
  const before = { answers, cpu: total(pids), own: process.cpuUsage(), at: performance.now() };
  await sleep(seconds * 1_000);
  const elapsed = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const result = {
    rate: (answers - before.answers) / elapsed,
    cpu: total(pids) - before.cpu,
    loadCpu: (own.user + own.system) / 1e6 / elapsed,
  };
  running = false;
  await sleep(COOL_DOWN_MS);
  for (const [line, socket] of lines.entries()) socket.off("data", listeners[line] ?? (() => {}));
  return result;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A position as Wialon IPS 1.1 devices send it. */
export const POSITION = "#SD#221126;120000;5355.0926;N;02732.4099;E;60;90;300;7\r\n";

const LF = 0x0a;
const WARM_UP_MS = 1_500;
const COOL_DOWN_MS = 300;

function total(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

function once(socket: Socket, event: "connect" | "secureConnect" | "data"): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    socket.once("error", failed);
    socket.once(event, (...values: unknown[]) => {
      socket.off("error", failed);
      resolve(values);
    });
  });
}
