/** Where an embedded Redis keeps its files, and the configuration it is started with. */
import { join } from "node:path";

export interface RedisFiles {
  readonly conf: string;
  readonly pid: string;
  readonly log: string;
  /** The append-only file's folder. */
  readonly data: string;
  readonly socket: string;
  /** Port and password of a Redis that could not use the socket (JSON). */
  readonly port: string;
}

/** How to reach it: given to ioredis as it is. */
export type RedisPlace = { readonly path: string } | { readonly host: "127.0.0.1"; readonly port: number; readonly password: string };

/** The address of a Unix socket takes 108 bytes on Linux, 104 on macOS. */
export const MAX_SOCKET_PATH = 100;

/** For whoever takes Redis URLs: the socket's path, or redis:// with the password. */
export function urlOf(place: RedisPlace): string {
  return "path" in place ? place.path : `redis://:${place.password}@${place.host}:${place.port}`;
}

export function filesIn(dataDir: string): RedisFiles {
  return {
    conf: join(dataDir, "redis.conf"),
    pid: join(dataDir, "redis.pid"),
    log: join(dataDir, "redis.log"),
    data: join(dataDir, "redis"),
    socket: join(dataDir, "redis.sock"),
    port: join(dataDir, "redis.port"),
  };
}

export interface ConfOptions {
  readonly files: RedisFiles;
  readonly place: RedisPlace;
  readonly maxMemoryBytes: number;
  readonly major: number;
}

/** Settings that an adopted Redis is told as well. */
export function runtimeSettings(maxMemoryBytes: number, major: number): readonly (readonly [string, string])[] {
  return [
    ["appendfsync", "always"],
    ["maxmemory", String(maxMemoryBytes)],
    ["maxmemory-policy", "noeviction"],
    // Redis 7 renamed it.
    [major >= 7 ? "hash-max-listpack-value" : "hash-max-ziplist-value", "1024"],
    ["save", ""],
  ];
}

/** The text of redis.conf. */
export function redisConf({ files, place, maxMemoryBytes, major }: ConfOptions): string {
  const listen =
    "path" in place
      ? [
          ["port", "0"],
          ["unixsocket", place.path],
          ["unixsocketperm", "700"],
        ]
      : [
          ["port", String(place.port)],
          ["bind", place.host],
          ["requirepass", place.password],
        ];
  const lines = [
    ...listen,
    ["dir", files.data],
    ["pidfile", files.pid],
    ["logfile", files.log],
    ["daemonize", "no"],
    ["protected-mode", "yes"],
    ["appendonly", "yes"],
    ["no-appendfsync-on-rewrite", "no"],
    ["aof-load-truncated", "yes"],
    ...runtimeSettings(maxMemoryBytes, major),
  ];
  // Quoted as in JSON: redis.conf knows the same escapes.
  return `# Written at every start.\n${lines.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join("\n")}\n`;
}
