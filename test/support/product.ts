/** The real process on free ports, and simulated devices over real sockets. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { get as getSecurely } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROTOCOLS } from "../../protocols/index.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { gone, runningPid } from "../../src/redis/processes.ts";
import { filesIn } from "../../src/redis/redis-conf.ts";
import { DeviceRunner } from "../../src/tools/device-runner.ts";
import { COMMAND_LINE } from "./command-line.ts";
import { until } from "./gateway-world.ts";

export const TOKEN = "product-test-token-product-test-token";
const START_MS = 30_000;
const REDIS_GONE_MS = 5_000;

export class Product {
  readonly dataDir: string;
  readonly httpPort: number;
  readonly gatewayPort: number;
  readonly env: Readonly<Record<string, string>>;
  readonly #program: string;
  #child: ChildProcess | null = null;
  output = "";

  private constructor(place: Pick<Product, "dataDir" | "httpPort" | "gatewayPort">, env: Product["env"], program: string) {
    this.#program = program;
    this.dataDir = place.dataDir;
    this.httpPort = place.httpPort;
    this.gatewayPort = place.gatewayPort;
    this.env = env;
  }

  /** Resolves when it is ready to take devices and requests. `program`: another command line than that of the sources. */
  static async start(env: Readonly<Record<string, string>> = {}, program: string = COMMAND_LINE): Promise<Product> {
    const place = {
      dataDir: mkdtempSync(join(tmpdir(), "tracker-chat-product-")),
      httpPort: await freePort(),
      gatewayPort: await freePort(),
    };
    const product = new Product(place, env, program);
    try {
      await product.start();
    } catch (error) {
      rmSync(place.dataDir, { recursive: true, force: true });
      throw error;
    }
    return product;
  }

  /** Starts the process (again). */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.#program, "serve"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        DATA_DIR: this.dataDir,
        HTTP_PORT: String(this.httpPort),
        GATEWAY_HOST: "127.0.0.1",
        GATEWAY_PORT: String(this.gatewayPort),
        ADMIN_TOKEN: TOKEN,
        ...this.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const ready = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}: ${this.output}`);
      return (await statusOf(`${this.url}/readyz`)) === 200;
    };
    await until(ready, () => `the product to be ready: ${this.output}`, START_MS);
  }

  /** Of the running process; 0: none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get url(): string {
    return `${this.env["HTTP_TLS"] === "true" ? "https" : "http"}://127.0.0.1:${this.httpPort}`;
  }

  /** One call of the API: its body, and how long it took. */
  async call(path: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const from = performance.now();
    const response = await fetch(`${this.url}/tracker/chat/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hash: DEMO_HASH, ...parameters }),
    });
    const body = (await response.json()) as Answer["body"];
    return { body, ms: performance.now() - from };
  }

  /** Adds to the fleet, or changes it. */
  async importFleet(document: object): Promise<void> {
    const response = await fetch(`${this.url}/admin/fleet`, {
      method: "PUT",
      headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(document),
    });
    if (!response.ok) throw new Error(`the fleet was not imported: ${await response.text()}`);
  }

  async send(trackerId: number, message: string): Promise<number> {
    const { body } = await this.call("send", { tracker_id: trackerId, message });
    if (body.id === undefined) throw new Error(`not sent: ${JSON.stringify(body)}`);
    return body.id;
  }

  async list(trackerId: number): Promise<readonly Listed[]> {
    return (await this.call("list", { tracker_id: trackerId })).body.list ?? [];
  }

  /** Sends a signal and does not wait for anything. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends a signal and waits for the end; gives the exit code (null: killed) and how long it took. */
  async end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return { code: child?.exitCode ?? null, ms: 0 };
    const from = performance.now();
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    this.#child = null;
    return { code: child.exitCode, ms: performance.now() - from };
  }

  /** Ends it and what it left behind: a process that was killed leaves its Redis. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    const redis = runningPid(filesIn(this.dataDir));
    if (redis !== null) {
      process.kill(redis, "SIGKILL");
      await gone(redis, REDIS_GONE_MS);
    }
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [COMMAND_LINE, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  await once(child, "close");
  return { code: child.exitCode, ...said };
}

/** Of whoever answers there, whatever certificate they show; 0: nobody does. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const answered = (response: IncomingMessage): void => resolve(response.resume().statusCode ?? 0);
    const request = url.startsWith("https:") ? getSecurely(url, { rejectUnauthorized: false }, answered) : get(url, answered);
    request.on("error", () => resolve(0));
  });
}

export interface Answer {
  readonly ms: number;
  readonly body: {
    readonly success: boolean;
    readonly id?: number;
    readonly list?: readonly Listed[];
    readonly status?: { readonly code: number };
    readonly [field: string]: unknown;
  };
}

export interface Listed {
  readonly id: number;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
  readonly update_time: string | null;
}

/** A device that reconnects by itself and writes down what it shows. */
export class TestDevice {
  readonly runner: DeviceRunner;
  readonly outputs: Exclude<DeviceOutput, { type: "write" }>[] = [];
  disconnections = 0;

  constructor(protocol: string, deviceId: string, port: number, options: Partial<DeviceOptions> = {}) {
    const found = PROTOCOLS.find(({ name }) => name === protocol);
    if (found === undefined) throw new Error(`no protocol ${protocol}`);
    const defaults: DeviceOptions = {
      deviceId,
      password: null,
      profile: {},
      receipts: "ok",
      lateMs: 0,
      reply: null,
      keepAliveMs: 0,
    };
    const device = found.device({ ...defaults, ...options });
    this.runner = new DeviceRunner(
      device,
      { host: "127.0.0.1", port },
      {
        output: (output) => this.outputs.push(output),
        connected: () => undefined,
        disconnected: () => {
          this.disconnections += 1;
        },
      },
    );
    this.runner.start();
  }

  get shown(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "shown" ? [output.text] : []));
  }

  get acknowledged(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "acknowledged" ? [output.text] : []));
  }

  async online(times = 1): Promise<void> {
    await until(
      () => this.outputs.filter(({ type }) => type === "online").length >= times,
      () => `${times} logins, got ${JSON.stringify(this.outputs)}`,
      15_000,
    );
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
