/** A TCP proxy that can let established connections vanish, as a NAT that forgot them does: no byte, no reset. */
import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** What is connected now passes nothing from here on; new connections work. */
  blackHole(): void;
  close(): Promise<void>;
}

export async function startProxy(toPort: number): Promise<TcpProxy> {
  const pairs = new Set<{ readonly sockets: readonly Socket[]; swallowed: boolean }>();
  const server = createServer((near) => {
    const far = connect(toPort, "127.0.0.1");
    const pair = { sockets: [near, far], swallowed: false };
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (chunk) => {
        if (!pair.swallowed) to.write(chunk);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        if (!pair.swallowed) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    blackHole: () => {
      for (const pair of pairs) pair.swallowed = true;
    },
    close: async () => {
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
