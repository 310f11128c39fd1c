/** The yardstick for texts: a bare loop of the store's own `receive`, one call in flight a tracker. Run as a child process. */
import { placeFor } from "../../redis/place.ts";
import { filesIn } from "../../redis/redis-conf.ts";
import { connected, connectRedis } from "../../store/connection.ts";
import { RedisStore } from "../../store/redis.ts";
import { sleep } from "./load.ts";

const [dataDir = "", trackers = "200", seconds = "5"] = process.argv.slice(2);
const WARM_UP_MS = 1_000;
/** Trackers of the loop's own, so that no line's texts are in the way. */
const FIRST_TRACKER = 500_000;

const place = await placeFor(filesIn(dataDir));
const connection = connectRedis("path" in place ? place.path : `redis://:${place.password}@${place.host}:${place.port}`, "requests");
await connected(connection, 5_000);
const store = new RedisStore(connection);
let stored = 0;
let running = true;

async function loop(trackerId: number): Promise<void> {
  const { epoch } = await store.login({ trackerId, node: "bench", protocol: "bench" });
  for (let serial = 0; running; serial += 1) {
    const text = `driver text number ${serial}, about sixty characters long..`;
    await store.receive({ trackerId, epoch, employeeId: null, early: false, texts: [{ text, serial: null, lossy: false, answers: null }] });
    stored += 1;
  }
}

const loops = Array.from({ length: Number(trackers) }, (_, index) => loop(FIRST_TRACKER + index));
await sleep(WARM_UP_MS);
const before = { stored, at: performance.now() };
await sleep(Number(seconds) * 1_000);
const rate = ((stored - before.stored) * 1_000) / (performance.now() - before.at);
running = false;
await Promise.all(loops);
connection.disconnect();
process.send?.({ rate });
