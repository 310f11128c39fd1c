/** Stands between devices and any gateway, passes every byte on, and gives each connection's recording when it ends. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Direction } from "../../core/index.ts";
import type { Piece, Recording } from "../recordings/recording.ts";

/** Of one connection; what follows passes unrecorded. */
const RECORDED_BYTES = 1024 * 1024;
const CONNECTIONS = 10_000;
const BACKLOG = 1_024;

export interface ProxyOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly upstream: { readonly host: string; readonly port: number };
  /** A connection has ended. */
  readonly recorded: (recording: Recording) => void;
}

export interface Proxy {
  readonly port: number;
  /** Ends every connection; each is handed over. */
  stop(): Promise<void>;
}

/** Rejects when the port cannot be bound. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => pass(socket, options, open));
  server.maxConnections = CONNECTIONS;
  const { host, port } = options.listen;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
  return { port: portOf(server), stop: () => stop(server, open) };
}

function pass(device: Socket, { upstream, recorded }: ProxyOptions, open: Set<Socket>): void {
  const gateway = connect({ ...upstream, allowHalfOpen: true, noDelay: true });
  const pieces: Piece[] = [];
  let bytes = 0;
  const hear = (direction: Direction, chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= RECORDED_BYTES) pieces.push({ direction, bytes: chunk, at: Date.now() });
  };
  device.on("data", (chunk) => hear("up", chunk));
  gateway.on("data", (chunk) => hear("down", chunk));
  device.pipe(gateway);
  gateway.pipe(device);
  const name = `${device.remoteAddress}:${device.remotePort}`;
  open.add(device);
  const destroy = (): void => {
    device.destroy();
    gateway.destroy();
  };
  device.on("error", destroy);
  gateway.on("error", destroy);
  device.on("close", () => {
    gateway.destroySoon();
    if (open.delete(device)) recorded({ name, pieces });
  });
  gateway.on("close", () => device.destroySoon());
}

async function stop(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of open) socket.destroy();
  await closed;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
