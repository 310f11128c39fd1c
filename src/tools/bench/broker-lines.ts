/** What a connection of aedes takes that has a session and nothing to do. */
import type { Socket } from "node:net";
import { startAedes } from "./brokers.ts";
import { collect } from "./collect.ts";
import { sleep } from "./load.ts";
import { openPublisher } from "./mqtt.ts";
import { settledBytes } from "./process-stats.ts";

const GONE_MS = 2_000;
const AT_ONCE = 20;

export interface BrokerLines {
  readonly warmUp: number;
  readonly lines: number;
}

/** Resident bytes of each of so many connections, after others were opened and closed; null: aedes could not be installed. */
export async function aedesBytesPerLine(folder: URL, dataDir: string, { warmUp, lines }: BrokerLines): Promise<number | null> {
  const aedes = await startAedes(folder, dataDir);
  if (aedes === null) return null;
  const sockets: Socket[] = [];
  try {
    for (const socket of await connections(aedes.port, "warm", warmUp)) socket.destroy();
    await sleep(GONE_MS);
    await collect(aedes.pid);
    const before = await settledBytes(aedes.pid);
    sockets.push(...(await connections(aedes.port, "idle", lines)));
    await collect(aedes.pid);
    return ((await settledBytes(aedes.pid)) - before) / lines;
  } finally {
    for (const socket of sockets) socket.destroy();
    aedes.stop();
  }
}

async function connections(port: number, name: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, place) => openPublisher(port, `${name}-${from + place}`));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}
