/** I5: stamps come from the clock of whichever node asks, as it is. */
import { trackerKeys } from "../../../src/store/keys.ts";
import { Scripts } from "../../../src/store/redis-scripts.ts";
import { around, changeScripts } from "./change.ts";

const CLOCK = "local time = redis.call('TIME')\nlocal NOW = time[1] * 1000 + math.floor(time[2] / 1000)";
/** Keys of a script on one tracker: those are the scripts that look at the clock. */
const TRACKER_KEYS = trackerKeys(1).length;

changeScripts(CLOCK, "local NOW = tonumber(table.remove(ARGV))");
changeScripts("local at = math.max(get('s'), NOW)", "local at = NOW");
around(Scripts.prototype, "run", (original) => {
  return function run(this: Scripts, name, keys, args) {
    return original.call(this, name, keys, keys.length === TRACKER_KEYS ? [...args, Date.now()] : args);
  };
});
