/** Where the commands of the documentation are run: a product with its demo fleet, a folder, and a shell that finds both. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { COMMAND_LINE } from "./command-line.ts";
import { until } from "./gateway-world.ts";
import { freePort, Product } from "./product.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A command that ends does so within this; one that goes on is at work within this. */
const COMMAND_MS = 60_000;
/** A port in a command: behind `PORT=`, `--port `, an address, or a protocol in PROTOCOL_PORTS. */
const PORT = /(?<=_PORT=|--port |--[a-z]+-port |(?:127\.0\.0\.1|localhost|0\.0\.0\.0):|=[a-z0-9-]+:|,[a-z0-9-]+:)\d{4,5}\b/g;
/** What somebody else recorded: the login of the demo fleet's first truck. */
const LOG = `[T7ebedb62: wialon < 10.0.0.1] #L#356307042441013;NA\\r\\n
[T7ebedb62: wialon > 10.0.0.1] #AL#1\\r\\n
`;

interface Running {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown>;
}

export class DocsShell {
  readonly product: Product;
  readonly folder: string;
  readonly #ports: Map<string, number>;
  readonly #running: Running[] = [];

  private constructor(product: Product, folder: string) {
    this.product = product;
    this.folder = folder;
    this.#ports = new Map([
      ["8080", product.httpPort],
      ["5000", product.gatewayPort],
    ]);
  }

  /** The product is the one of `npm start`: it makes its admin token, and keeps it in `data/`. */
  static async start(): Promise<DocsShell> {
    const folder = mkdtempSync(join(tmpdir(), "tracker-chat-docs-"));
    // An answer of HTTP 400 or above fails the command that asked.
    writeFileSync(join(folder, ".curlrc"), "fail-with-body\n");
    writeFileSync(join(folder, "tracker-server.log"), LOG);
    return new DocsShell(await Product.start({ DATA_DIR: join(folder, "data"), ADMIN_TOKEN: "" }, COMMAND_LINE), folder);
  }

  /** Runs a script to its end; gives what it said on its standard output, rejects when it fails. */
  async run(script: string): Promise<string> {
    const { child, output, closed } = this.#spawn(script);
    child.stdin?.end();
    const timer = setTimeout(() => endGroup(child, "SIGKILL"), COMMAND_MS);
    await closed;
    clearTimeout(timer);
    if (child.exitCode !== 0) throw new Error(`ended with ${child.exitCode ?? child.signalCode}: ${output.all}`);
    return output.out;
  }

  /** Starts a script and leaves it running once it said this. */
  async begin(script: string, says: RegExp): Promise<void> {
    const { child, output, closed } = this.#spawn(script);
    this.#running.push({ child, closed });
    const heard = (): boolean => {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.all}`);
      return says.test(output.all);
    };
    await until(heard, () => `${says} in ${output.all}`, COMMAND_MS);
  }

  /** The script with each port that it names at the one where that is here. */
  async place(script: string): Promise<string> {
    for (const [shown] of script.matchAll(PORT)) await this.port(shown);
    return script.replaceAll(PORT, (shown) => String(this.#ports.get(shown)));
  }

  /** The same port for the same number, everywhere. */
  async port(shown: string): Promise<number> {
    const known = this.#ports.get(shown) ?? (await freePort());
    this.#ports.set(shown, known);
    return known;
  }

  /** Ends what goes on; the product stays. */
  async quiet(): Promise<void> {
    for (const { child, closed } of this.#running.splice(0).reverse()) {
      endGroup(child, "SIGTERM");
      await closed;
    }
  }

  async stop(): Promise<void> {
    await this.quiet();
    await this.product.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(script: string): Running & { readonly output: { out: string; all: string } } {
    const child = spawn("bash", ["--norc", "-euo", "pipefail", "-c", script], { cwd: this.folder, env: this.#env(), detached: true });
    const output = { out: "", all: "" };
    child.stdout.on("data", (chunk) => {
      output.out += chunk;
      output.all += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output.all += chunk;
    });
    return { child, output, closed: once(child, "close") };
  }

  #env(): Readonly<Record<string, string>> {
    return {
      PATH: [join(ROOT, "test/support/docs-bin"), process.env["PATH"] ?? ""].join(delimiter),
      HOME: this.folder,
      HTTP_PORT: String(this.product.httpPort),
      DOCS_NODE: process.execPath,
      DOCS_CLI: COMMAND_LINE,
      DOCS_GATEWAY_PORT: String(this.product.gatewayPort),
    };
  }
}

/** The shell and all that it started. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It ended by itself.
  }
}
