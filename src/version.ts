/** Which version this is. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Of package.json: one folder above src/, two above dist/src/. */
export function productVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string }).version;
    } catch {
      // Further up.
    }
  }
  return "unknown";
}
