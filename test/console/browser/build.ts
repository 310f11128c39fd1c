/** Builds the console once, before any test in a browser. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "../../../scripts/build-console.js")]);
}
