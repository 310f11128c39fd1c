/** What a product's log never holds: hashes, tokens, passwords, texts; however they are sent, and whatever goes wrong. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice, TOKEN } from "../support/product.ts";

const TRACKER = 1_000_001;
const WRONG_HASH = "0123456789abcdef0123456789abcdef";
const WRONG_TOKEN = "a-wrong-token-a-wrong-token";
const SECRETS = [
  DEMO_HASH,
  DEMO_HASH.toUpperCase(),
  WRONG_HASH,
  TOKEN,
  WRONG_TOKEN,
  "words-for-the-driver",
  "words-of-the-driver",
  "device-secret",
];
const CHAT = "/tracker/chat";

let here: Product;
const devices: TestDevice[] = [];

beforeAll(async () => {
  here = await Product.start({ LOG_LEVEL: "info" });
}, 60_000);

afterAll(async () => {
  for (const device of devices) device.runner.stop();
  await here.stop();
}, 60_000);

async function post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await fetch(`${here.url}${path}`, { method: "POST", body, headers })).status;
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await fetch(`${here.url}${path}`, { headers })).status;
}

/** Bytes as they are, for what no client sends; gives the answer. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(here.httpPort, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.on("error", () => undefined);
  socket.end(bytes);
  await once(socket, "close");
  return answer;
}

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

describe("the log of a product", { timeout: 60_000 }, () => {
  it("tells of every call, and holds no hash, however it was sent", async () => {
    const parameters = { hash: DEMO_HASH, tracker_id: TRACKER };
    for (const prefix of ["", "/v2", "/api-v2"]) {
      const list = `${prefix}${CHAT}/list`;
      const statuses = [
        await post(list, JSON.stringify(parameters), JSON_TYPE),
        await post(list, `hash=${DEMO_HASH}&tracker_id=${TRACKER}`, FORM_TYPE),
        await get(`${list}?hash=${DEMO_HASH}&tracker_id=${TRACKER}`),
        await get(`${list}?hash=${DEMO_HASH.toUpperCase()}&tracker_id=${TRACKER}`),
        await post(list, JSON.stringify({ tracker_id: TRACKER }), { ...JSON_TYPE, authorization: `NVX ${DEMO_HASH}` }),
        await get(`${list}/?tracker_id=${TRACKER}`, { authorization: `nvx  ${DEMO_HASH}` }),
      ];
      expect(statuses).toEqual(Array(6).fill(200));
    }
    await until(() => here.output.includes('"path":"/api-v2/tracker/chat/list"'));
  });

  it("holds none of a request that is wrong in any way", async () => {
    for (const hash of [DEMO_HASH, WRONG_HASH]) {
      await get(`${CHAT}/list?hash=${hash}`);
      await get(`${CHAT}/list?hash=${hash}&tracker_id=x`);
      await get(`${CHAT}/nothing?hash=${hash}`);
      await get(`${CHAT}/list&hash=${hash}`);
      await get(`${CHAT}/list/${hash}`);
      await get(`${CHAT}/list/%zz?hash=${hash}`);
      await get(`/${hash}`);
      await get(`/livez?hash=${hash}`);
      await get(`/readyz;hash=${hash}`);
      await get(`/metrics?hash=${hash}`, { referer: `http://x/?hash=${hash}`, cookie: `session_key=${hash}`, "user-agent": hash });
      await post(`${CHAT}/send`, `{"hash":"${hash}","message":"words-for-the-driver`, JSON_TYPE);
      await post(`${CHAT}/send`, `hash=${hash}`, { "content-type": "text/plain" });
      await post(`${CHAT}/send?hash=${hash}`, "x".repeat(2 * 1024 * 1024), JSON_TYPE);
      await post(`${CHAT}/list`, "{}", { ...JSON_TYPE, authorization: `NVX ${hash} ${hash}` });
      expect(await raw(`GET ${CHAT}/list?hash=${hash} HTTP/9.9\r\n\r\n`)).toContain("HTTP/1.1 400");
      expect(await raw(`BREW ${CHAT}/list?hash=${hash} HTTP/1.1\r\nhost: x\r\n\r\n`)).toContain("HTTP/1.1 400");
      expect(await raw(`GET /?hash=${hash}&x=${"y".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(/HTTP\/1.1 4/);
      await raw(`POST ${CHAT}/list HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"hash":"${hash}"`);
    }
  });

  it("holds neither texts nor the administrator's token nor a device's password", async () => {
    const fleet = {
      trackers: [
        {
          id: 1_000_009,
          user_id: 1_000_001,
          label: "Locked",
          device_id: "861000000000009",
          password: "device-secret",
          tariff_id: 1_000_001,
        },
      ],
    };
    const put = (token: string): Promise<Response> =>
      fetch(`${here.url}/admin/fleet`, { method: "PUT", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(fleet) });
    expect([(await put(WRONG_TOKEN)).status, (await put(TOKEN)).status]).toEqual([401, 200]);
    const driver = new TestDevice("wialon-ips", "356307042441013", here.gatewayPort);
    const locked = new TestDevice("wialon-ips", "861000000000009", here.gatewayPort, { password: "device-secret" });
    const guesser = new TestDevice("wialon-ips", "861000000000009", here.gatewayPort, { password: "device-secret-guessed" });
    devices.push(driver, locked, guesser);
    await Promise.all([driver.online(), locked.online()]);
    await until(() => guesser.outputs.some(({ type }) => type === "refused"));
    await here.send(TRACKER, "words-for-the-driver");
    await until(() => driver.shown.length === 1);
    driver.runner.say("words-of-the-driver");
    await until(() => driver.acknowledged.length === 1);
    await until(() => here.output.includes('"reason":"wrong-password"'));
  });

  it("holds none of them while Redis hangs", async () => {
    const redis = Number(/"pid":(\d+),"msg":"embedded Redis started"/.exec(here.output)?.[1]);
    process.kill(redis, "SIGSTOP");
    try {
      const send = JSON.stringify({ hash: DEMO_HASH, tracker_id: TRACKER, message: "words-for-the-driver" });
      expect(await post(`${CHAT}/send`, send, JSON_TYPE)).toBe(503);
      expect(await get(`${CHAT}/list?hash=${WRONG_HASH}&tracker_id=${TRACKER}`)).toBe(503);
    } finally {
      process.kill(redis, "SIGCONT");
    }
  });

  it("was worth looking at, line by line", () => {
    const lines = here.output.split("\n").filter((line) => line.startsWith("{"));
    expect(lines.length).toBeGreaterThan(40);
    // The tour on the terminal shows the demo fleet's key: it is no log line.
    const log = lines.join("\n");
    for (const secret of SECRETS) expect(log, secret).not.toContain(secret);
    for (const line of lines) {
      for (const field of ["headers", "query", "body", "url", "req"]) expect(Object.keys(JSON.parse(line)), line).not.toContain(field);
    }
  });
});
