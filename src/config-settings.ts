/** The settings as data: one row each, read by `config.ts`, shown by `tracker-chat serve --help`. */
import { BOUND_SETTINGS } from "./config-bounds.ts";
import { setting } from "./config-setting.ts";
import {
  addresses,
  duration,
  filePath,
  flag,
  host,
  integer,
  MAX_AGE_MS,
  MAX_DRAIN_DELAY_MS,
  MAX_TIMER_MS,
  memory,
  nodeName,
  oneOf,
  port,
  protocolPorts,
  rate,
  redisUrls,
  token,
} from "./config-values.ts";

/** By environment name; the flag is the same in kebab-case. */
export const SETTINGS = {
  REDIS_URL: setting(redisUrls, null, "redis:// or rediss://; a comma list of nodes with REDIS_CLUSTER=true; unset: a Redis of its own"),
  REDIS_CLUSTER: setting(flag, "false", "REDIS_URL names nodes of a Redis Cluster"),
  REDIS_CA: setting(filePath, null, "PEM certificates that vouch for a Redis reached by rediss://; unset: those that the system trusts"),
  REDIS_REPLICAS: setting(integer(0, 5), "0", "replicas that must have a write before it is acknowledged"),
  REDIS_BIN: setting(filePath, null, "the redis-server or valkey-server (>= 7.0) to start when REDIS_URL is not set"),
  DATA_DIR: setting(filePath, "./data", "where the embedded Redis and the made admin token are kept"),
  HTTP_HOST: setting(host, "127.0.0.1", "address of API, console, health, metrics"),
  HTTP_PORT: setting(port, "8080", "port of API, console, health, metrics"),
  GATEWAY_HOST: setting(host, "0.0.0.0", "address of the device ports"),
  GATEWAY_PORT: setting(port, "5000", "the universal port: the protocol is detected from the first bytes"),
  PROTOCOL_PORTS: setting(protocolPorts, null, "ports that speak one protocol only: NAME:PORT,NAME:PORT"),
  GATEWAY_TLS_PORT: setting(port, null, "the universal port over TLS"),
  TLS_CERT: setting(filePath, null, "certificate chain (PEM)"),
  TLS_KEY: setting(filePath, null, "private key (PEM)"),
  HTTP_TLS: setting(flag, "false", "HTTPS with TLS_CERT and TLS_KEY"),
  WORKERS: setting(integer(1, 256), "1", "gateway processes on this machine"),
  NODE_ID: setting(nodeName, null, "name of this node; default: host name and a random boot id"),
  ADMIN_TOKEN: setting(token, null, "bearer token of /admin; unset: made at first start and kept in DATA_DIR; required with REDIS_URL"),
  LOG_LEVEL: setting(oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"), "info", "pino level"),
  RECEIPT_TIMEOUT: setting(duration(MAX_TIMER_MS), "15s", "wait for a device's receipt"),
  MESSAGE_TTL: setting(duration(MAX_AGE_MS), "7d", "undelivered texts expire after this"),
  RETENTION: setting(duration(MAX_AGE_MS), null, "older messages are removed once they are not pending any more; unset: keep all"),
  LOGIN_TIMEOUT: setting(duration(MAX_TIMER_MS), "15s", "a line must log in within this"),
  IDLE_TIMEOUT: setting(duration(MAX_TIMER_MS), "15m", "a silent line is closed after this"),
  RATE_LIMIT: setting(rate, "50/s", "HTTP requests per user and per IP"),
  BROADCAST_RATE: setting(rate, "100/s", "texts that one account's broadcasts give out; those beyond wait for their turn"),
  WEBHOOK_ALLOW: setting(addresses, null, "addresses inside that webhooks may post to, also over plain HTTP"),
  TRUST_PROXY: setting(addresses, null, "addresses whose forwarded client address is believed"),
  PROXY_PROTOCOL: setting(
    addresses,
    null,
    "addresses of TCP balancers, whose device connections must begin with a PROXY header (v1 or v2)",
  ),
  ADMIN_HOST: setting(host, null, "address of a separate listener for /admin and /metrics; default: HTTP_HOST"),
  ADMIN_PORT: setting(port, null, "port of a separate listener for /admin and /metrics"),
  LINES_PER_IP: setting(integer(1, 1_000_000), "2000", "lines not yet logged in, per IP (loopback exempt)"),
  LOGIN_RATE: setting(rate, "500/s", "logins of devices"),
  ...BOUND_SETTINGS,
  MAXMEMORY: setting(memory, "60%", "memory of the embedded Redis: 512mb, 2gb or a part of the machine's"),
  CAPTURE: setting(filePath, null, "every device conversation is written to a transcript in this folder"),
  CAPTURE_REDACT: setting(flag, "false", "leave passwords and auth codes out of them"),
  DRAIN_DELAY: setting(duration(MAX_DRAIN_DELAY_MS, 0), "0s", "how long before a drain /readyz says no, for balancers to notice"),
  DEMO: setting(flag, "true", "demo fleet on an empty store"),
} as const;

export type SettingName = keyof typeof SETTINGS;
/** Flags as given on the command line, by the name of their setting. */
export type SettingTexts = Readonly<Partial<Record<SettingName, string>>>;

type Value<N extends SettingName> = (typeof SETTINGS)[N] extends { readonly parse: (text: string) => infer T } ? T : never;
type Absent<N extends SettingName> = (typeof SETTINGS)[N]["fallback"] extends string ? never : null;
/** Every setting parsed; null where it is absent and has no default. */
export type SettingValues = { readonly [N in SettingName]: Value<N> | Absent<N> };

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter((name): name is SettingName => name in SETTINGS);

/** `HTTP_PORT` -> `--http-port` */
export function flagOf(name: SettingName): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}

/** A setting that ends the start; the message is one line and names it. */
export class SettingError extends Error {
  readonly code = "bad-setting";
}

/** Parses every setting: a flag wins over the environment, an empty environment value counts as unset. */
export function readSettings(flags: SettingTexts, env: Readonly<Record<string, string | undefined>>): SettingValues {
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const given = flags[name];
    const text = given ?? (env[name] || null) ?? SETTINGS[name].fallback;
    values[name] = text === null ? null : parseOne(name, text, given === undefined ? name : flagOf(name));
  }
  // Each row was parsed by its own parser above: the record has exactly these types.
  return values as unknown as SettingValues;
}

function parseOne(name: SettingName, text: string, shown: string): unknown {
  try {
    return SETTINGS[name].parse(text);
  } catch (error) {
    const expected = error instanceof Error ? error.message : String(error);
    const got = SECRETS.has(name) ? "something else" : JSON.stringify(text);
    throw new SettingError(`${shown}: expected ${expected}, got ${got}`);
  }
}

/** Never repeated in an error: Redis URLs may hold a password. */
const SECRETS: ReadonlySet<SettingName> = new Set<SettingName>(["ADMIN_TOKEN", "REDIS_URL"]);
