/** Bytes on one connection, as data, and how they are played. */
import { connect } from "node:net";

/** `universal`: the port that detects; `own`: the port of the protocol. */
export type Door = "universal" | "own";

export interface Conversation {
  /** What kind of attack this is. */
  readonly kind: string;
  readonly door: Door;
  /** One write each. */
  readonly writes: readonly Buffer[];
  /** Between writes; 0: all at once. */
  readonly paceMs: number;
}

/** `stuck`: nothing ended the connection in time. */
export interface Ending {
  readonly stuck: boolean;
  readonly heard: number;
}

/** Our end is said with the last byte; what a line does not do within this after it, it never does. */
const BOUND_MS = 15_000;
const BUSY_MS = 30_000;
const AGAIN_MS = 100;

/** Writes everything, ends, and waits for the gateway's end. */
export async function play({ writes, paceMs }: Pick<Conversation, "writes" | "paceMs">, port: number): Promise<Ending> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let heard = 0;
  let closed = false;
  socket.on("data", (chunk) => {
    heard += chunk.length;
  });
  // What it means that a line was reset is for the store and the log to say.
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.on("close", () => {
      closed = true;
      resolve();
    });
  });
  if (paceMs === 0) socket.end(Buffer.concat(writes));
  else {
    for (const bytes of writes) {
      if (closed) break;
      socket.write(bytes);
      await pause(paceMs);
    }
    socket.end();
  }
  const timer = setTimeout(() => socket.destroy(), BOUND_MS);
  const from = performance.now();
  await ended;
  clearTimeout(timer);
  return { stuck: performance.now() - from >= BOUND_MS, heard };
}

/**
 * Of a conversation that is answered for certain. A gateway that is behind with its work takes no new lines: whoever hears
 * nothing was not heard, and comes again as devices do, unless `lives` says that nobody will ever answer.
 */
export async function playAnswered(said: Pick<Conversation, "writes" | "paceMs">, port: number, lives: () => boolean): Promise<Ending> {
  const by = performance.now() + BUSY_MS;
  let ending = await play(said, port);
  while (ending.heard === 0 && !ending.stuck && lives() && performance.now() < by) {
    await pause(AGAIN_MS);
    ending = await play(said, port);
  }
  return ending;
}

/** For the pace, which is what is tried here, and between tries. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
