/** The real process over TLS: devices, dispatchers, the administrator, and a certificate that is replaced. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { TestAuthority } from "../support/certificates.ts";
import { COMMAND_LINE } from "../support/command-line.ts";
import { until } from "../support/gateway-world.ts";
import { freePort, Product, TOKEN } from "../support/product.ts";

const TRACKER = 1_000_001;
const DEVICE = "356307042441013";

const authority = new TestAuthority();
const inUse = { cert: join(authority.folder, "in-use.pem"), key: join(authority.folder, "in-use.key") };
let tlsPort = 0;
let here: Product;
let driver: ChildProcess;
let shown = "";

beforeAll(async () => {
  put("first");
  tlsPort = await freePort();
  here = await Product.start({ GATEWAY_TLS_PORT: String(tlsPort), TLS_CERT: inUse.cert, TLS_KEY: inUse.key, HTTP_TLS: "true" });
  const args = ["simulate", "wialon-ips", "--device-id", DEVICE, "--port", String(tlsPort), "--tls", "--ca", authority.file];
  driver = spawn(process.execPath, [COMMAND_LINE, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  driver.stdout?.on("data", (chunk) => {
    shown += chunk;
  });
}, 60_000);

afterAll(async () => {
  driver.kill("SIGINT");
  await here.stop();
  authority.remove();
}, 60_000);

function put(name: string): void {
  const { cert, key } = authority.server(name);
  cpSync(cert, inUse.cert);
  cpSync(key, inUse.key);
}

interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function call(path: string, parameters: Readonly<Record<string, unknown>>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", ca: authority.ca, agent: false, headers: { "content-type": "application/json" } };
    const asked = request(`${here.url}/tracker/chat/${path}`, options, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    asked.on("error", reject).end(JSON.stringify({ hash: DEMO_HASH, ...parameters }));
  });
}

/** Whose certificate a port shows. */
function nameAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca: authority.ca }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

function cli(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    ADMIN_TOKEN: TOKEN,
    HTTP_PORT: String(here.httpPort),
    HTTP_TLS: "true",
    TLS_CERT: inUse.cert,
    TLS_KEY: inUse.key,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND_LINE, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out: stdout + stderr }),
    );
  });
}

describe("a product with TLS", { timeout: 60_000 }, () => {
  it("carries a text from HTTPS to a device over TLS and back", async () => {
    await until(
      () => shown.includes("online"),
      () => shown,
      15_000,
    );
    const { status, body } = await call("send", { tracker_id: TRACKER, message: "where are you?" });
    expect({ status, success: body["success"] }).toEqual({ status: 200, success: true });
    await until(
      () => shown.includes("where are you?"),
      () => shown,
    );
    driver.stdin?.write("on my way\n");
    const texts = async () => ((await call("list", { tracker_id: TRACKER })).body["list"] as { text: string }[]).map(({ text }) => text);
    await until(async () => (await texts()).includes("on my way"));
    expect(here.output).toContain(`127.0.0.1:${tlsPort} (TLS; `);
  });

  it("is administered over HTTPS by the command line of this machine, whatever names its certificate has", async () => {
    const { code, out } = await cli("lines");
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(DEVICE) });
  });

  it("changes its certificate while the device stays on its line; a bad one changes nothing", async () => {
    expect([await nameAt(tlsPort), await nameAt(here.httpPort)]).toEqual(["first", "first"]);
    put("second");
    await until(async () => (await nameAt(tlsPort)) === "second" && (await nameAt(here.httpPort)) === "second");
    writeFileSync(inUse.cert, "nonsense");
    here.signal("SIGHUP");
    await until(() => here.output.includes("the new certificate is no good"));
    expect([await nameAt(tlsPort), await nameAt(here.httpPort)]).toEqual(["second", "second"]);
    const refused = await cli("lines");
    expect(refused.code).toBe(1);
    await call("send", { tracker_id: TRACKER, message: "still there?" });
    await until(
      () => shown.includes("still there?"),
      () => shown,
    );
    expect(shown.match(/online/g)).toHaveLength(1);
  });

  it("says when its certificate ends", async () => {
    const metrics = await new Promise<string>((resolve, reject) => {
      const asked = request(`${here.url}/metrics`, { ca: authority.ca, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
      });
      asked.on("error", reject).end();
    });
    const seconds = Number(/^tracker_chat_tls_certificate_expiry_timestamp_seconds\{name="second",[^}]*\} (.+)$/m.exec(metrics)?.[1]);
    expect(seconds - Date.now() / 1_000).toBeGreaterThan(23 * 3_600);
    expect(seconds - Date.now() / 1_000).toBeLessThan(25 * 3_600);
  });

  it("never shows its key", () => {
    expect(here.output).not.toContain("PRIVATE KEY");
    expect(readFileSync(inUse.key, "utf8")).toContain("PRIVATE KEY");
  });
});

it("a certificate that cannot be used ends the start with one line", async () => {
  const key = authority.server("another").key;
  const env = { GATEWAY_TLS_PORT: "0", TLS_CERT: authority.server("third").cert, TLS_KEY: key };
  const refused: unknown = await Product.start(env).catch((error: unknown) => error);
  expect(refused instanceof Error ? refused.message : "it started").toMatch(
    /^(?:the product ended with 1: )?tracker-chat: TLS_KEY: not the PEM key of TLS_CERT [^\n]*$/m,
  );
}, 60_000);
