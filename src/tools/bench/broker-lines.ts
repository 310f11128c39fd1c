/** What a connection of aedes takes that has a session and nothing to do. */
import type { Socket } from "node:net";
import { startAedes } from "./brokers.ts";
import { bytesTaken } from "./collect.ts";
import { sleep } from "./load.ts";
import { openPublisher } from "./mqtt.ts";

const GONE_MS = 2_000;
const AT_ONCE = 20;

interface BrokerLines {
  readonly warmUp: number;
  readonly lines: number;
}

/** Resident bytes of each of so many connections, after others were opened and closed; null: aedes could not be installed. */
export async function aedesBytesPerLine(folder: URL, dataDir: string, { warmUp, lines }: BrokerLines): Promise<number | null> {
  const aedes = await startAedes(folder, dataDir);
  if (aedes === null) return null;
  try {
    for (const socket of await connections(aedes.port, "warm", warmUp)) socket.destroy();
    await sleep(GONE_MS);
    const [bytes, sockets] = await bytesTaken(aedes.pid, () => connections(aedes.port, "idle", lines));
    for (const socket of sockets) socket.destroy();
    return bytes / lines;
  } finally {
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
