/** A Redis that is given, as its connections want to know it. */
import { readFileSync } from "node:fs";
import type { RedisConfig } from "./config.ts";
import type { RedisPlace } from "./store/connection.ts";

/** Throws one line that names the setting when its certificates cannot be read. */
export function givenPlace({ ca: file, ...where }: Exclude<RedisConfig, { type: "embedded" }>): RedisPlace {
  if (file === null) return where;
  try {
    return { ...where, ca: readFileSync(file) };
  } catch (error) {
    throw new Error(`REDIS_CA: cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
