/** A TCP proxy before a server that passes requests on and, when told to, cuts the connection instead of bringing the reply. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  readonly port: number;
  /** The reply after `skip` further ones is swallowed and its connection reset. */
  cutReply(skip: number): void;
  /** Replies swallowed so far. */
  readonly cuts: number;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  let countdown: number | null = null;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket.on("error", () => undefined));
      socket.once("close", () => sockets.delete(socket));
    }
    client.pipe(upstream);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
    upstream.on("data", (reply) => {
      if (countdown === 0) {
        countdown = null;
        cuts += 1;
        client.resetAndDestroy();
        return;
      }
      if (countdown !== null) countdown -= 1;
      client.write(reply);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cutReply: (skip) => {
      countdown = skip;
    },
    get cuts() {
      return cuts;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
