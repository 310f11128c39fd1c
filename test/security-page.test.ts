/** docs/security.md: its commands are run, and what it says about passwords is tried with every protocol. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { DeviceRunner } from "../src/tools/device-runner.ts";
import { startWorld, until, type World } from "./support/gateway-world.ts";
import { freePort } from "./support/product.ts";
import { startSecureRedis } from "./support/secure-redis.ts";

const PAGE = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");
const BIN = join(import.meta.dirname, "../bin/tracker-chat.js");
const COMMANDS = [...PAGE.matchAll(/^```sh\n([^`]*)```$/gm)].map(([, command = ""]) => command.trim());

describe("the commands of the page", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tracker-chat-security-"));
  const running: ChildProcess[] = [];
  const changes = new Map<string, string>([["npx tracker-chat", `exec ${process.execPath} ${BIN}`]]);
  let env: Readonly<Record<string, string>> = {};

  afterAll(async () => {
    for (const child of running.reverse()) {
      child.kill("SIGTERM");
      await until(
        () => child.exitCode !== null || child.signalCode !== null,
        () => "a command to end",
        20_000,
      );
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page's command that contains this, with what cannot be the same here replaced. */
  function commandWith(part: string): string {
    const command = COMMANDS.find((one) => one.includes(part));
    if (command === undefined) throw new Error(`the page has no command with ${part}`);
    return [...changes].reduce((text, [from, to]) => text.replaceAll(from, to), command);
  }

  function run(part: string): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile("bash", ["-c", commandWith(part)], { cwd: folder }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
  }

  /** Starts it and waits until it says this. */
  async function runUntil(part: string, said: RegExp): Promise<ChildProcess> {
    const path = { PATH: process.env["PATH"] ?? "" };
    const child = spawn("bash", ["-c", commandWith(part)], { cwd: folder, env: { ...path, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    running.push(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => {
        text += chunk;
      });
    await until(
      () => said.test(text),
      () => `${said} in ${text}`,
      30_000,
    );
    return child;
  }

  it("make a certificate, serve devices with it, and let one come", async () => {
    const [tls, http, gateway] = [await freePort(), await freePort(), await freePort()];
    changes.set("5443", String(tls));
    env = { HTTP_PORT: String(http), GATEWAY_PORT: String(gateway), GATEWAY_HOST: "127.0.0.1" };
    await run("openssl req");
    expect(existsSync(join(folder, "tls.key"))).toBe(true);
    await runUntil("GATEWAY_TLS_PORT=", new RegExp(`127\\.0\\.0\\.1:${tls} \\(TLS; `));
    await runUntil("simulate", /online/);
  });

  it("make a token of 32 bytes", async () => {
    expect(await run("openssl rand")).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it("serve on a Redis over TLS", async () => {
    const secure = await startSecureRedis();
    changes.set("rediss://tracker-chat:SECRET@redis.internal:6380", secure.url);
    changes.set("ca.pem", secure.authority.file);
    changes.set("ADMIN_TOKEN=...", "ADMIN_TOKEN=a-token");
    env = { HTTP_PORT: String(await freePort()), GATEWAY_PORT: String(await freePort()), GATEWAY_HOST: "127.0.0.1", DATA_DIR: folder };
    const child = await runUntil("REDIS_CA=", /tracker-chat is running/);
    child.kill("SIGTERM");
    await until(
      () => child.exitCode !== null,
      () => "it to end",
      20_000,
    );
    await secure.stop();
  });

  it("are all run here", () => {
    expect(COMMANDS).toHaveLength(5);
  });
});

describe("passwords of devices", () => {
  const rows = new Map([...PAGE.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, name = "", password = ""]) => [name, password]));
  const DEVICE_ID = "356307042441013";
  const open: { readonly world: World; readonly runner: DeviceRunner }[] = [];

  afterEach(async () => {
    for (const { world, runner } of open.splice(0)) {
      runner.stop();
      await world.close();
    }
  });

  /** Whether a device with this password logs in where the fleet wants "1234". */
  async function logsIn(protocol: (typeof PROTOCOLS)[number], password: string): Promise<boolean> {
    const trackers = [{ id: 1, deviceId: DEVICE_ID, protocol: protocol.name, password: "1234" }];
    const world = await startWorld({ protocols: [protocol], fleet: { trackers, protocols: [protocol] } });
    const options = { deviceId: DEVICE_ID, password, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
    let turnedAway = false;
    const events = {
      connected: () => undefined,
      disconnected: () => {
        turnedAway = true;
      },
      output: ({ type }: { readonly type: string }) => {
        if (type === "refused" || type === "hangup") turnedAway = true;
      },
    };
    const runner = new DeviceRunner(protocol.device(options), { host: "127.0.0.1", port: world.port }, events);
    open.push({ world, runner });
    runner.start();
    await until(
      () => world.registry.size === 1 || turnedAway,
      () => `an answer to ${protocol.name}`,
    );
    return world.registry.size === 1;
  }

  it.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("are as the page says: %s", async (name, protocol) => {
    expect([...rows.keys()]).toContain(name);
    expect(await logsIn(protocol, "1234")).toBe(rows.get(name) !== "none");
    expect(await logsIn(protocol, "guessed")).toBe(false);
  });

  it("are listed for these protocols and no others", () => {
    expect([...rows.keys()].sort()).toEqual(PROTOCOLS.map(({ name }) => name).sort());
  });
});
