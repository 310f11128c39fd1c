/** I5: stamps come from the clock of whichever node asks, as it is. */
import { headKey, trackerOfHead } from "../../../src/store/keys.ts";
import { Scripts } from "../../../src/store/redis-scripts.ts";
import { around, changeScripts } from "./change.ts";

const CLOCK = "local time = redis.call('TIME')\nlocal NOW = time[1] * 1000 + math.floor(time[2] / 1000)";
/** A script on one tracker is given its head: those are the scripts that look at the clock. */
const onTracker = ([head = "", ...others]: readonly string[]): boolean => others.length === 0 && head === headKey(trackerOfHead(head));

changeScripts(CLOCK, "local NOW = tonumber(table.remove(ARGV))");
changeScripts("local at = math.max(get('s'), NOW)", "local at = NOW");
around(Scripts.prototype, "run", (original) => {
  return function run(this: Scripts, name, keys, args) {
    return original.call(this, name, keys, onTracker(keys) ? [...args, Date.now()] : args);
  };
});
