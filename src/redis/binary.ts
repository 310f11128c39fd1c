/** Finds the redis-server that an embedded Redis runs. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

export interface RedisBinary {
  readonly path: string;
  /** Major version of Redis or Valkey. */
  readonly major: number;
}

/** Older ones know no scripts with a first line of flags, by which a cluster refuses foreign keys. */
const MINIMUM = { major: 7, minor: 0 };
const NAMES = ["redis-server", "valkey-server"] as const;
const VERSION_TIMEOUT_MS = 10_000;

/** `given`, else one on `path` (a PATH), else `.redis/` of the checkout; throws one line that says what to do. */
export function findRedis(given: string | null, path: string): RedisBinary {
  if (given !== null) {
    const version = versionOf(given);
    if (version === null) throw new Error(`REDIS_BIN: ${given} is no redis-server >= ${MINIMUM.major}.${MINIMUM.minor} that runs`);
    return { path: given, major: version };
  }
  for (const candidate of [...onPath(path), ...unpacked()]) {
    const version = versionOf(candidate);
    if (version !== null) return { path: candidate, major: version };
  }
  throw new Error(
    `REDIS_URL is not set and no redis-server or valkey-server >= ${MINIMUM.major}.${MINIMUM.minor} was found: ` +
      "install one, run scripts/ensure-redis.js, or set REDIS_BIN or REDIS_URL",
  );
}

function onPath(path: string): readonly string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isExecutable);
}

/** The folder of package.json holds `.redis/`: this file is two folders below it in src/, three in dist/src/. */
function unpacked(): readonly string[] {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return [join(folder, ".redis", "bin", "redis-server")].filter(isExecutable);
  }
  return [];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `Redis server v=7.0.15 sha=...`; null when it is too old or does not run. */
function versionOf(file: string): number | null {
  try {
    const output = execFileSync(file, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: VERSION_TIMEOUT_MS,
    });
    const match = /v=(\d+)\.(\d+)/.exec(output);
    const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
    return major > MINIMUM.major || (major === MINIMUM.major && minor >= MINIMUM.minor) ? major : null;
  } catch {
    return null;
  }
}
