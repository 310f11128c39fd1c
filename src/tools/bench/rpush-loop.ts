/** The yardstick for a durable write: RPUSH of the same text to a list a tracker, one call in flight for each. Run as a child process. */
import { placeFor } from "../../redis/place.ts";
import { filesIn, urlOf } from "../../redis/redis-conf.ts";
import { connected, connectRedis } from "../../store/connection.ts";
import { sleep } from "./load.ts";

const [dataDir = "", lists = "200", seconds = "5"] = process.argv.slice(2);
const WARM_UP_MS = 1_000;

const connection = connectRedis(urlOf(await placeFor(filesIn(dataDir))), "requests");
await connected(connection, 5_000);
let stored = 0;
let running = true;

async function loop(list: number): Promise<void> {
  const key = `bench:rpush:${list}`;
  for (let serial = 0; running; serial += 1) {
    await connection.rpush(key, `driver text number ${serial}, about sixty characters long..`);
    stored += 1;
  }
  await connection.unlink(key);
}

const loops = Array.from({ length: Number(lists) }, (_, index) => loop(index));
await sleep(WARM_UP_MS);
const before = { stored, at: performance.now() };
await sleep(Number(seconds) * 1_000);
const rate = ((stored - before.stored) * 1_000) / (performance.now() - before.at);
running = false;
await Promise.all(loops);
connection.disconnect();
process.send?.({ rate });
