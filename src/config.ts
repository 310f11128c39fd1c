/** Environment and flags -> one frozen, validated Config. The only reader of process.env. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type Bounds, boundsOf } from "./config-bounds.ts";
import { readSettings, SettingError, type SettingTexts, type SettingValues } from "./config-settings.ts";
import type { ProtocolPort, Rate } from "./config-values.ts";

export { flagOf, SETTING_NAMES, SETTINGS, type SettingName, type SettingTexts } from "./config-settings.ts";
export type { ProtocolPort, Rate } from "./config-values.ts";

/** Everything that can be set, checked; durations in milliseconds, paths absolute. */
export interface Config {
  readonly redis: RedisConfig;
  /** So many replicas must have what is acknowledged. */
  readonly replicas: number;
  readonly dataDir: string;
  readonly http: Address;
  readonly gateway: Address;
  /** The universal port over TLS, beside the plain one; null: there is none. */
  readonly gatewayTlsPort: number | null;
  /** Files of the certificate chain and its key, absolute; null: nothing is encrypted. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** HTTPS instead of HTTP, for the API and the administration. */
  readonly httpTls: boolean;
  readonly protocolPorts: readonly ProtocolPort[];
  /** Null: /admin and /metrics are on the HTTP address. */
  readonly admin: Address | null;
  /** Null: made and kept in `dataDir` (see admin-token.ts). */
  readonly adminToken: string | null;
  readonly nodeId: string;
  /** Processes behind the same ports, each a node; 1: this one alone. */
  readonly workers: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly receiptTimeoutMs: number;
  readonly messageTtlMs: number;
  /** Null: messages are kept. */
  readonly retentionMs: number | null;
  readonly loginTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly rateLimit: Rate;
  /** Texts that one account's broadcasts give out; those beyond wait for their turn. */
  readonly broadcastRate: Rate;
  /** Addresses inside that webhooks may post to, also over plain HTTP. */
  readonly webhookAllow: readonly string[];
  readonly trustProxy: readonly string[];
  /** Whose device connections begin with a PROXY header. */
  readonly balancers: readonly string[];
  readonly linesPerIp: number;
  readonly loginRate: Rate;
  readonly drainDelayMs: number;
  readonly bounds: Bounds;
  readonly demo: boolean;
  /** Null: conversations are not recorded. */
  readonly capture: { readonly folder: string; readonly redact: boolean } | null;
}

export type RedisConfig =
  /** `binary` null: found on `searchPath` (PATH) or in .redis/. */
  | { readonly type: "embedded"; readonly binary: string | null; readonly searchPath: string; readonly maxMemoryBytes: number }
  | { readonly type: "url"; readonly url: string; readonly ca: string | null }
  /** `ca`: a file with the certificates that vouch for rediss://, absolute; null: those that the system trusts. */
  | { readonly type: "cluster"; readonly urls: readonly string[]; readonly ca: string | null };

/** Port 0: any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a command needs that talks to a running product or to its store. */
export type ClientConfig = Pick<Config, "redis" | "dataDir" | "http" | "httpTls" | "tls" | "admin" | "adminToken">;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration of `serve`; throws SettingError. `protocols`: names that PROTOCOL_PORTS may use. */
export function readConfig(flags: SettingTexts, protocols: readonly string[], env: Environment = process.env): Config {
  const values = readSettings(flags, env);
  const config = assemble(values, env);
  checkTls(values);
  checkRedis(values);
  if (values.CAPTURE === null && values.CAPTURE_REDACT) throw new SettingError("CAPTURE_REDACT: of no use without CAPTURE");
  checkPorts(config, protocols);
  return deepFreeze(config);
}

/** The part that clients use; contradictions of the server's own settings do not matter to them. */
export function readClientConfig(flags: SettingTexts, env: Environment = process.env): ClientConfig {
  const values = readSettings(flags, env);
  const { redis, dataDir, http, httpTls, tls, admin, adminToken } = assemble(values, env);
  return deepFreeze({ redis, dataDir, http, httpTls, tls, admin, adminToken });
}

function assemble(values: SettingValues, env: Environment): Config {
  return {
    redis: redisOf(values, env),
    replicas: values.REDIS_REPLICAS,
    dataDir: resolve(values.DATA_DIR),
    http: { host: values.HTTP_HOST, port: values.HTTP_PORT },
    gateway: { host: values.GATEWAY_HOST, port: values.GATEWAY_PORT },
    gatewayTlsPort: values.GATEWAY_TLS_PORT,
    tls: values.TLS_CERT === null || values.TLS_KEY === null ? null : { cert: resolve(values.TLS_CERT), key: resolve(values.TLS_KEY) },
    httpTls: values.HTTP_TLS,
    protocolPorts: values.PROTOCOL_PORTS ?? [],
    admin: adminOf(values),
    adminToken: values.ADMIN_TOKEN,
    nodeId: values.NODE_ID ?? bootId(),
    workers: values.WORKERS,
    logLevel: values.LOG_LEVEL,
    receiptTimeoutMs: values.RECEIPT_TIMEOUT,
    messageTtlMs: values.MESSAGE_TTL,
    retentionMs: values.RETENTION,
    loginTimeoutMs: values.LOGIN_TIMEOUT,
    idleTimeoutMs: values.IDLE_TIMEOUT,
    rateLimit: values.RATE_LIMIT,
    broadcastRate: values.BROADCAST_RATE,
    webhookAllow: values.WEBHOOK_ALLOW ?? [],
    trustProxy: values.TRUST_PROXY ?? [],
    balancers: values.PROXY_PROTOCOL ?? [],
    linesPerIp: values.LINES_PER_IP,
    loginRate: values.LOGIN_RATE,
    drainDelayMs: values.DRAIN_DELAY,
    bounds: boundsOf(values),
    demo: values.DEMO,
    capture: values.CAPTURE === null ? null : { folder: resolve(values.CAPTURE), redact: values.CAPTURE_REDACT },
  };
}

function redisOf(values: SettingValues, env: Environment): RedisConfig {
  const urls = values.REDIS_URL;
  const ca = values.REDIS_CA === null ? null : resolve(values.REDIS_CA);
  if (ca !== null && !urls?.some((one) => one.startsWith("rediss:"))) throw new SettingError("REDIS_CA: needs REDIS_URL with rediss://");
  if (urls === null) {
    if (values.REDIS_CLUSTER) throw new SettingError("REDIS_CLUSTER: needs REDIS_URL with the nodes of the cluster");
    return { type: "embedded", binary: values.REDIS_BIN, searchPath: env["PATH"] ?? "", maxMemoryBytes: values.MAXMEMORY };
  }
  if (values.REDIS_CLUSTER) return { type: "cluster", urls, ca };
  const [url = "", ...more] = urls;
  if (more.length > 0) throw new SettingError("REDIS_URL: several nodes need REDIS_CLUSTER=true");
  return { type: "url", url, ca };
}

function adminOf(values: SettingValues): Address | null {
  if (values.ADMIN_PORT === null) {
    if (values.ADMIN_HOST !== null && values.ADMIN_HOST !== values.HTTP_HOST) {
      throw new SettingError("ADMIN_HOST: needs ADMIN_PORT, a listener of its own");
    }
    return null;
  }
  const host = values.ADMIN_HOST ?? values.HTTP_HOST;
  const same = host === values.HTTP_HOST && values.ADMIN_PORT === values.HTTP_PORT && values.ADMIN_PORT !== 0;
  return same ? null : { host, port: values.ADMIN_PORT };
}

/** Refused rather than silently ignored. */
function checkTls({ GATEWAY_TLS_PORT: gateway, HTTP_TLS: http, TLS_CERT: cert, TLS_KEY: key }: SettingValues): void {
  if (cert !== null && key === null) throw new SettingError("TLS_KEY: missing, TLS_CERT is set");
  if (key !== null && cert === null) throw new SettingError("TLS_CERT: missing, TLS_KEY is set");
  if (gateway !== null && cert === null) throw new SettingError("GATEWAY_TLS_PORT: needs TLS_CERT and TLS_KEY");
  if (http && cert === null) throw new SettingError("HTTP_TLS: needs TLS_CERT and TLS_KEY");
  if (cert !== null && gateway === null && !http) throw new SettingError("TLS_CERT: of no use without GATEWAY_TLS_PORT or HTTP_TLS");
}

function checkRedis(values: SettingValues): void {
  if (values.REDIS_URL !== null && values.ADMIN_TOKEN === null) throw new SettingError("ADMIN_TOKEN: must be set when REDIS_URL is");
  if (values.REDIS_URL === null && values.REDIS_REPLICAS > 0)
    throw new SettingError("REDIS_REPLICAS: needs REDIS_URL, the embedded Redis has none");
  if (values.REDIS_URL !== null && values.REDIS_BIN !== null) throw new SettingError("REDIS_BIN: of no use when REDIS_URL is set");
}

function checkPorts(config: Config, protocols: readonly string[]): void {
  for (const { protocol } of config.protocolPorts) {
    if (!protocols.includes(protocol)) {
      throw new SettingError(`PROTOCOL_PORTS: unknown protocol "${protocol}", known are ${protocols.join(", ")}`);
    }
  }
  const taken = [
    { name: "HTTP_PORT", ...config.http },
    { name: "GATEWAY_PORT", ...config.gateway },
    ...(config.gatewayTlsPort === null ? [] : [{ name: "GATEWAY_TLS_PORT", host: config.gateway.host, port: config.gatewayTlsPort }]),
    ...config.protocolPorts.map(({ port }) => ({ name: "PROTOCOL_PORTS", host: config.gateway.host, port })),
    ...(config.admin ? [{ name: "ADMIN_PORT", ...config.admin }] : []),
  ];
  for (const [index, one] of taken.entries()) {
    const other = taken.slice(0, index).find((earlier) => clash(earlier, one));
    if (other) throw new SettingError(`${one.name}: port ${one.port} is taken by ${other.name}`);
  }
}

function clash(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || ANY_HOST.has(a.host) || ANY_HOST.has(b.host);
}

const ANY_HOST: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

function bootId(): string {
  const name = hostname()
    .replaceAll(/[^A-Za-z0-9.-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return `${name.slice(0, 60) || "node"}-${randomBytes(4).toString("hex")}`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
