/** I8: nobody compares owner epochs, neither the store nor the line that is told of a newer one. */
import { Registry } from "../../../src/gateway/registry.ts";
import { around, changeScripts } from "./change.ts";

changeScripts("local owner = epoch == get('e')", "epoch = get('e')\nlocal owner = true");
around(Registry.prototype, "hint", () => {
  return function hint(this: Registry, trackerId) {
    this.get(trackerId)?.hint();
    return "told";
  };
});
