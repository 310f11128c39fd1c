/** The Redis commands that scripts name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** BullMQ's scripts behind what the product calls: adding, taking, ending, retrying, stalled jobs, and removing a queue. */
const BULLMQ_SCRIPTS = [
  "addStandardJob-9",
  "moveToActive-11",
  "moveToFinished-14",
  "moveToDelayed-11",
  "retryJob-11",
  "extendLocks-1",
  "moveStalledJobsToWait-9",
  "saveStacktrace-1",
  "pause-7",
  "obliterate-2",
  "releaseLock-1",
];

/** Commands named in scripts. */
function named(texts: readonly string[], call: RegExp): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(call)].map(([, name = ""]) => name.toLowerCase()));
}

/** Of our own scripts. */
export function ownScripts(): readonly string[] {
  const folder = join(import.meta.dirname, "../../src/store/lua");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".lua"));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  // Of XINFO the one kind that is asked for.
  return named(texts, /redis\.call\('([A-Z]+)'/g).map((name) => (name === "xinfo" ? "xinfo|stream" : name));
}

/** Of those of BullMQ that the product causes. */
export function bullmqScripts(): readonly string[] {
  const folder = join(import.meta.dirname, "../../node_modules/bullmq/dist/cjs/scripts");
  return named(
    BULLMQ_SCRIPTS.map((name) => readFileSync(join(folder, `${name}.js`), "utf8")),
    /\b(?:rcall|redis\.call)\(\s*["']([A-Za-z]+)["']/g,
  );
}
