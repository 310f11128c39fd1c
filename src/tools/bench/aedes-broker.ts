/** The yardstick for store-and-deliver: an aedes broker on Redis, from a folder it was installed to. Run as a child process. */
import { createRequire } from "node:module";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { placeFor } from "../../redis/place.ts";
import { filesIn } from "../../redis/redis-conf.ts";

interface Broker {
  handle(socket: Socket): void;
}

const [folder = "", dataDir = ""] = process.argv.slice(2);
const installed = createRequire(join(folder, "package.json"));
const { Aedes } = (await import(pathToFileURL(installed.resolve("aedes")).href)) as {
  readonly Aedes: { createBroker(options: object): Promise<Broker> };
};
const persistence = installed("aedes-persistence-redis") as (options: object) => object;
const emitter = installed("mqemitter-redis") as (options: object) => object;
const place = await placeFor(filesIn(dataDir));
const broker = await Aedes.createBroker({ persistence: persistence({ ...place }), mq: emitter({ ...place }) });

const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 });
});
