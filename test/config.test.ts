import { describe, expect, it } from "vitest";
import { type Environment, readClientConfig, readConfig, SETTING_NAMES, type SettingTexts } from "../src/config.ts";

const PROTOCOLS = ["wialon-ips", "jt808"];
const read = (env: Environment = {}, flags: SettingTexts = {}): ReturnType<typeof readConfig> => readConfig(flags, PROTOCOLS, env);

describe("configuration", () => {
  it("needs nothing: the documented defaults", () => {
    const config = read();
    expect(config).toMatchObject({
      redis: { type: "embedded", binary: null },
      dataDir: `${process.cwd()}/data`,
      http: { host: "127.0.0.1", port: 8080 },
      gateway: { host: "0.0.0.0", port: 5000 },
      protocolPorts: [],
      admin: null,
      adminToken: null,
      logLevel: "info",
      receiptTimeoutMs: 15_000,
      messageTtlMs: 7 * 86_400_000,
      retentionMs: null,
      loginTimeoutMs: 15_000,
      idleTimeoutMs: 900_000,
      rateLimit: { count: 50, perMs: 1_000 },
      broadcastRate: { count: 100, perMs: 1_000 },
      webhookAllow: [],
      trustProxy: [],
      balancers: [],
      linesPerIp: 2_000,
      loginRate: { count: 500, perMs: 1_000 },
      drainDelayMs: 0,
      demo: true,
    });
    expect(config.redis.type === "embedded" && config.redis.maxMemoryBytes).toBeGreaterThan(64 * 1024 ** 2);
  });

  it("is frozen through and through", () => {
    const config = read({ PROTOCOL_PORTS: "jt808:5015" });
    expect(Object.isFrozen(config) && Object.isFrozen(config.http) && Object.isFrozen(config.protocolPorts[0])).toBe(true);
  });

  it("names the node by host and boot", () => {
    expect(read().nodeId).toMatch(/^[A-Za-z0-9][A-Za-z0-9.-]*-[0-9a-f]{8}$/);
    expect(read().nodeId).not.toBe(read().nodeId);
    expect(read({ NODE_ID: "gw-1" }).nodeId).toBe("gw-1");
  });

  it("lets a flag win over the environment and takes an empty variable as unset", () => {
    expect(read({ HTTP_PORT: "9000" }, { HTTP_PORT: "9001" }).http.port).toBe(9001);
    expect(read({ HTTP_PORT: "" }).http.port).toBe(8080);
  });

  it("reads durations, rates, memory, lists", () => {
    const config = read({
      RECEIPT_TIMEOUT: "500ms",
      DRAIN_DELAY: "20s",
      MESSAGE_TTL: "2h",
      RETENTION: "30d",
      RATE_LIMIT: "600/m",
      MAXMEMORY: "512mb",
      PROTOCOL_PORTS: "wialon-ips:5039, jt808:5015",
      PROXY_PROTOCOL: "192.0.2.10,loopback",
      TRUST_PROXY: "10.0.0.1,192.168.0.0/16,::1,loopback",
    });
    expect(config).toMatchObject({
      receiptTimeoutMs: 500,
      drainDelayMs: 20_000,
      messageTtlMs: 7_200_000,
      retentionMs: 30 * 86_400_000,
      rateLimit: { count: 600, perMs: 60_000 },
      redis: { maxMemoryBytes: 512 * 1024 ** 2 },
      protocolPorts: [
        { protocol: "wialon-ips", port: 5039 },
        { protocol: "jt808", port: 5015 },
      ],
      balancers: ["192.0.2.10", "loopback"],
      trustProxy: ["10.0.0.1", "192.168.0.0/16", "::1", "loopback"],
    });
  });

  it("takes one Redis, or the nodes of a cluster", () => {
    const token = { ADMIN_TOKEN: "secret" };
    expect(read({ ...token, REDIS_URL: "redis://h:1/0" }).redis).toEqual({ type: "url", url: "redis://h:1/0", ca: null });
    expect(read({ ...token, REDIS_URL: "redis://a:1,redis://b:2", REDIS_CLUSTER: "true" }).redis).toEqual({
      type: "cluster",
      urls: ["redis://a:1", "redis://b:2"],
      ca: null,
    });
    expect(read({ ...token, REDIS_URL: "rediss://h:1", REDIS_CA: "ca.pem" }).redis).toMatchObject({ ca: `${process.cwd()}/ca.pem` });
  });

  it("takes one certificate for the device port over TLS and for HTTPS", () => {
    const files = { TLS_CERT: "c.pem", TLS_KEY: "/etc/k.pem" };
    const tls = { cert: `${process.cwd()}/c.pem`, key: "/etc/k.pem" };
    expect(read({ ...files, GATEWAY_TLS_PORT: "5443" })).toMatchObject({ tls, gatewayTlsPort: 5443, httpTls: false });
    expect(read({ ...files, HTTP_TLS: "true" })).toMatchObject({ tls, gatewayTlsPort: null, httpTls: true });
    expect(read()).toMatchObject({ tls: null, gatewayTlsPort: null, httpTls: false });
  });

  it("keeps a separate admin listener apart", () => {
    expect(read({ ADMIN_PORT: "8081" }).admin).toEqual({ host: "127.0.0.1", port: 8081 });
    expect(read({ ADMIN_PORT: "8080" }).admin).toBeNull();
    expect(read({ ADMIN_HOST: "0.0.0.0", ADMIN_PORT: "8081" }).admin).toEqual({ host: "0.0.0.0", port: 8081 });
  });

  const refused: readonly [string, Environment, string][] = [
    ["a port", { HTTP_PORT: "65536" }, 'HTTP_PORT: expected a port from 0 to 65535, got "65536"'],
    ["a word for a port", { GATEWAY_PORT: "x" }, 'GATEWAY_PORT: expected a port from 0 to 65535, got "x"'],
    ["a bare duration", { LOGIN_TIMEOUT: "15" }, 'LOGIN_TIMEOUT: expected a duration like 500ms, 15s, 15m, 2h or 7d, got "15"'],
    [
      "a timer beyond the platform's",
      { IDLE_TIMEOUT: "25d" },
      'IDLE_TIMEOUT: expected a duration like 500ms, 15s, 15m, 2h or 7d, got "25d"',
    ],
    ["an empty duration", { RECEIPT_TIMEOUT: "0s" }, 'RECEIPT_TIMEOUT: expected a duration like 500ms, 15s, 15m, 2h or 7d, got "0s"'],
    ["a drain that never ends", { DRAIN_DELAY: "11m" }, "DRAIN_DELAY: expected a duration"],
    ["a rate", { RATE_LIMIT: "50" }, 'RATE_LIMIT: expected a rate like 50/s or 600/m, got "50"'],
    ["a zero rate", { LOGIN_RATE: "0/s" }, 'LOGIN_RATE: expected a rate like 50/s or 600/m, got "0/s"'],
    ["a level", { LOG_LEVEL: "loud" }, 'LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"'],
    ["a flag", { DEMO: "maybe" }, 'DEMO: expected true or false, got "maybe"'],
    ["memory", { MAXMEMORY: "120%" }, 'MAXMEMORY: expected memory like 512mb, 2gb or 60%, at least 16mb, got "120%"'],
    ["an address", { TRUST_PROXY: "10.0.0.0/33" }, "TRUST_PROXY: expected addresses or networks like 10.0.0.1,192.168.0.0/16 or loopback"],
    ["a balancer", { PROXY_PROTOCOL: "lb.example.com" }, "PROXY_PROTOCOL: expected addresses or networks like"],
    ["a node's name", { NODE_ID: "a:b" }, "NODE_ID: expected letters, digits"],
    ["a protocol's port", { PROTOCOL_PORTS: "jt808" }, "PROTOCOL_PORTS: expected a list like NAME:5039,NAME:5015"],
    ["an unknown protocol", { PROTOCOL_PORTS: "morse:1" }, 'PROTOCOL_PORTS: unknown protocol "morse", known are wialon-ips, jt808'],
    [
      "a Redis URL, without repeating it",
      { REDIS_URL: "http://:pw@h" },
      "REDIS_URL: expected redis://HOST:PORT or rediss://HOST:PORT, got something else",
    ],
    ["a Redis without a token", { REDIS_URL: "redis://h" }, "ADMIN_TOKEN: must be set when REDIS_URL is"],
    ["a cluster without nodes", { REDIS_CLUSTER: "true" }, "REDIS_CLUSTER: needs REDIS_URL with the nodes of the cluster"],
    ["nodes without a cluster", { REDIS_URL: "redis://a,redis://b", ADMIN_TOKEN: "t" }, "REDIS_URL: several nodes need REDIS_CLUSTER=true"],
    ["an authority without TLS", { REDIS_URL: "redis://a", ADMIN_TOKEN: "t", REDIS_CA: "c" }, "REDIS_CA: needs REDIS_URL with rediss://"],
    ["an authority of the embedded Redis", { REDIS_CA: "c" }, "REDIS_CA: needs REDIS_URL with rediss://"],
    ["replicas of the embedded Redis", { REDIS_REPLICAS: "1" }, "REDIS_REPLICAS: needs REDIS_URL, the embedded Redis has none"],
    ["a server beside a URL", { REDIS_URL: "redis://a", ADMIN_TOKEN: "t", REDIS_BIN: "/r" }, "REDIS_BIN: of no use when REDIS_URL is set"],
    ["a certificate without a key", { TLS_CERT: "c.pem" }, "TLS_KEY: missing, TLS_CERT is set"],
    ["a key without a certificate", { TLS_KEY: "k.pem" }, "TLS_CERT: missing, TLS_KEY is set"],
    ["TLS for devices without a certificate", { GATEWAY_TLS_PORT: "5443" }, "GATEWAY_TLS_PORT: needs TLS_CERT and TLS_KEY"],
    ["TLS for clients without a certificate", { HTTP_TLS: "true" }, "HTTP_TLS: needs TLS_CERT and TLS_KEY"],
    ["a certificate for nothing", { TLS_CERT: "c.pem", TLS_KEY: "k.pem" }, "TLS_CERT: of no use without GATEWAY_TLS_PORT or HTTP_TLS"],
    [
      "TLS on the plain port",
      { TLS_CERT: "c.pem", TLS_KEY: "k.pem", GATEWAY_TLS_PORT: "5000" },
      "GATEWAY_TLS_PORT: port 5000 is taken by GATEWAY_PORT",
    ],
    ["retention", { RETENTION: "30 days" }, "RETENTION: expected a duration like 500ms, 15s, 15m, 2h or 7d"],
    ["no worker at all", { WORKERS: "0" }, "WORKERS: expected a whole number from 1 to 256"],
    ["one port twice", { HTTP_PORT: "5000" }, "GATEWAY_PORT: port 5000 is taken by HTTP_PORT"],
    ["a protocol on the universal port", { PROTOCOL_PORTS: "jt808:5000" }, "PROTOCOL_PORTS: port 5000 is taken by GATEWAY_PORT"],
    ["an admin host without a port", { ADMIN_HOST: "10.0.0.1" }, "ADMIN_HOST: needs ADMIN_PORT, a listener of its own"],
    ["an admin port on the gateway's", { ADMIN_PORT: "5000" }, "ADMIN_PORT: port 5000 is taken by GATEWAY_PORT"],
  ];
  it.each(refused)("refuses %s with one line that names it", (_, env, message) => {
    const error = refusal(env);
    expect(error).toMatchObject({ code: "bad-setting", message: expect.stringContaining(message) });
    expect(error?.message).not.toContain("\n");
  });

  it("names the flag when the flag is wrong", () => {
    expect(() => read({}, { HTTP_PORT: "x" })).toThrow("--http-port: expected a port");
  });

  it("lets equal ports of different hosts be", () => {
    expect(() => read({ HTTP_HOST: "127.0.0.1", GATEWAY_HOST: "127.0.0.2", HTTP_PORT: "5000" })).not.toThrow();
  });

  it("lets clients read their part without the server's token", () => {
    expect(readClientConfig({}, { REDIS_URL: "redis://h" })).toMatchObject({ redis: { type: "url" }, adminToken: null });
  });

  const odd = ["\n", "\0", "💥", "-1", "1e9", "9".repeat(400), ",,", "NaN", "../..", " "];
  it.each(SETTING_NAMES)("survives any text in %s: a value, or one line that names it", (name) => {
    for (const text of odd) {
      const error = refusal({ ADMIN_TOKEN: "t", [name]: text });
      if (error === null) continue;
      expect(error).toMatchObject({ code: "bad-setting" });
      expect(error.message).toContain(name);
      expect(error.message).not.toContain("\n");
    }
  });
});

function refusal(env: Environment): Error | null {
  try {
    read(env);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
