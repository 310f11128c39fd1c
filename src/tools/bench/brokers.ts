/** Brokers to measure beside: aedes on Redis, installed for the run, and Debian's mosquitto where it is. */
import { execFileSync, fork, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collecting } from "./collect.ts";
import { openLine, sleep } from "./load.ts";
import { freePort } from "./product.ts";

export interface RunningBroker {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

/** aedes declares an older major of its persistence as its peer; these three work together. */
const AEDES = ["aedes@1.2.0", "aedes-persistence-redis@12.0.0", "mqemitter-redis@7.2.1"];
const INSTALL_MS = 120_000;
const START_MS = 10_000;

/** On the Redis of a product; null: it could not be installed. `folder`: of the compiled benchmarks. */
export async function startAedes(folder: URL, dataDir: string): Promise<RunningBroker | null> {
  const place = mkdtempSync(join(tmpdir(), "tracker-chat-aedes-"));
  const remove = (): void => rmSync(place, { recursive: true, force: true });
  writeFileSync(join(place, "package.json"), '{"private": true}\n');
  const flags = ["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent"];
  try {
    execFileSync("npm", ["install", ...flags, ...AEDES], { cwd: place, stdio: "ignore", timeout: INSTALL_MS });
  } catch {
    remove();
    return null;
  }
  const child = fork(new URL("aedes-broker.js", folder), [place, dataDir], { execArgv: [...collecting(folder)] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { readonly port: number }) => resolve(message.port));
    child.once("exit", (code) => reject(new Error(`aedes ended with ${code}`)));
  });
  const stop = (): void => {
    child.removeAllListeners("exit");
    child.kill();
    remove();
  };
  return { pid: child.pid ?? 0, port, stop };
}

/** With its persistence on, written every second; null: it is not installed. */
export async function startMosquitto(): Promise<RunningBroker | null> {
  const binary = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"].find((path) => existsSync(path));
  if (binary === undefined) return null;
  const place = mkdtempSync(join(tmpdir(), "tracker-chat-mosquitto-"));
  const port = await freePort();
  const settings = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${place}/`,
    "autosave_interval 1",
    "max_queued_messages 0",
    "max_inflight_messages 0",
    "set_tcp_nodelay true",
    "log_type error",
    "user root",
  ];
  writeFileSync(join(place, "mosquitto.conf"), `${settings.join("\n")}\n`);
  const child = spawn(binary, ["-c", join(place, "mosquitto.conf")], { stdio: "ignore" });
  await untilOpen(port);
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(place, { recursive: true, force: true });
  };
  return { pid: child.pid ?? 0, port, stop };
}

/** Somebody listens there. */
export async function untilOpen(port: number): Promise<void> {
  const by = performance.now() + START_MS;
  for (;;) {
    try {
      (await openLine(port, null)).destroy();
      return;
    } catch (error) {
      if (performance.now() > by) throw error;
      await sleep(50);
    }
  }
}
