/** Talks to the /admin of a running product. */
import { Readable } from "node:stream";
import { Option } from "commander";
import { readAdminToken } from "../admin-token.ts";
import { type ClientConfig, readClientConfig, type SettingTexts } from "../config.ts";
import { withoutTail } from "../core/index.ts";
import { CommandError } from "./command-error.ts";
import { type Answer, type Ask, askPinned, type Wanted } from "./pinned-request.ts";

/** Flags of every command that talks to the product. */
export interface ClientFlags {
  readonly url?: string;
  readonly adminToken?: string;
  readonly dataDir?: string;
}

/** An import of the largest document takes this long at most, and the next part of a long answer. */
const ANSWER_MS = 300_000;

export function clientOptions(): readonly Option[] {
  return [
    new Option("--url <url>", "where the product listens (default: ADMIN_HOST/ADMIN_PORT or HTTP_HOST/HTTP_PORT)"),
    new Option("--admin-token <token>", "default: ADMIN_TOKEN, or the one kept in DATA_DIR"),
    dataDirOption(),
  ];
}

export function dataDirOption(): Option {
  return new Option("--data-dir <dir>", "default: DATA_DIR, or ./data");
}

export function clientConfig(flags: ClientFlags): ClientConfig {
  const texts: SettingTexts = {
    ...(flags.adminToken === undefined ? {} : { ADMIN_TOKEN: flags.adminToken }),
    ...(flags.dataDir === undefined ? {} : { DATA_DIR: flags.dataDir }),
  };
  return readClientConfig(texts);
}

/** Nothing listens where the product should be. */
export class NobodyThere extends CommandError {}

export class AdminClient {
  readonly #base: string;
  readonly #token: string | null;
  readonly #ask: Ask;

  constructor(config: ClientConfig, url: string | undefined) {
    this.#base = url === undefined ? baseOf(config) : withoutTail(url, "/");
    this.#token = readAdminToken(config);
    // The product on this machine shows the certificate in TLS_CERT, whatever names are in it.
    const pinned = url === undefined && config.httpTls ? config.tls?.cert : undefined;
    this.#ask = pinned === undefined ? ask : askPinned(pinned);
  }

  /** The parsed answer; throws CommandError with what the product said, NobodyThere when nothing listens. */
  async call(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: string): Promise<unknown> {
    const { status, answer } = await this.#parsed(method, path, body);
    if (isSuccess(status) && answer !== undefined) return answer;
    throw refusal(this.#base, status, answer);
  }

  /** A long answer as it comes; throws CommandError when there is none, and when it breaks off. */
  async *read(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), ANSWER_MS);
    try {
      const { status, body } = await this.#send({ method: "GET", headers: this.#headers }, path, patience.signal);
      if (!isSuccess(status)) throw refusal(this.#base, status, parsed(await textOf(body)));
      for await (const chunk of body) {
        timer.refresh();
        yield chunk;
      }
    } catch (error) {
      throw error instanceof CommandError ? error : new CommandError(`the answer of ${this.#base} broke off: it is not whole`);
    } finally {
      clearTimeout(timer);
    }
  }

  async #parsed(method: string, path: string, body?: string): Promise<{ readonly status: number; readonly answer: unknown }> {
    const headers = { ...this.#headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
    const wanted = { method, headers, ...(body === undefined ? {} : { body }) };
    const answer = await this.#send(wanted, path, AbortSignal.timeout(ANSWER_MS));
    const text = await textOf(answer.body).catch((error: unknown) => {
      throw unreachable(this.#base, error);
    });
    return { status: answer.status, answer: parsed(text) };
  }

  get #headers(): Readonly<Record<string, string>> {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  async #send(wanted: Wanted, path: string, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#ask(`${this.#base}${path}`, wanted, signal);
    } catch (error) {
      throw unreachable(this.#base, error);
    }
  }
}

/** Any address of this machine is reached at its loopback one. */
function baseOf(config: ClientConfig): string {
  const { host, port } = config.admin ?? config.http;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${config.httpTls ? "https" : "http"}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function unreachable(base: string, error: unknown): CommandError {
  // `fetch` wraps what happened.
  const happened = (error instanceof Error && error.cause) || error;
  const { code: first, errors = [] } = happened as { readonly code?: string; readonly errors?: readonly { readonly code?: string }[] };
  const codes = [first, ...errors.map(({ code }) => code)];
  if (codes.includes("ECONNREFUSED")) return new NobodyThere(`nothing listens at ${base}: is tracker-chat running?`);
  return new CommandError(`${base} cannot be reached (${codes.find((code) => code !== undefined) ?? String(error)})`);
}

const ask: Ask = async (url, request, signal) => {
  const response = await fetch(url, { ...request, signal });
  return { status: response.status, body: (response.body ?? Readable.from([])) as AsyncIterable<Uint8Array> };
};

async function textOf(body: Answer["body"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

interface Refusal {
  readonly status?: { readonly code?: number; readonly description?: string };
  readonly errors?: readonly { readonly path?: string; readonly parameter?: string; readonly error: string }[];
}

function refusal(base: string, http: number, answer: unknown): CommandError {
  const { status, errors } = (answer ?? {}) as Refusal;
  if (http === 401) return new CommandError(`${base} refused the admin token: set ADMIN_TOKEN, or DATA_DIR to where the product keeps it`);
  if (errors && errors.length > 0) return new CommandError(...errors.map(({ path, parameter, error }) => `${path ?? parameter}: ${error}`));
  if (status) return new CommandError(`${base} answered ${status.description} (error ${status.code})`);
  return new CommandError(`what answers at ${base} is not tracker-chat (HTTP ${http})`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
