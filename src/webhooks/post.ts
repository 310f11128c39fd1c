/** Posts to servers that nobody here knows: to allowed addresses only, without following where they point, and never for long. */
import { lookup } from "node:dns/promises";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { URL_CHARACTERS } from "../chat/webhook.ts";
import { AddressGuard } from "./address-guard.ts";

/** From the first look at the name to the head of the answer, and once more that to its end. */
const POST_MS = 10_000;
/** More of an answer is not read, and its connection not used again. */
const ANSWER_BYTES = 64 * 1_024;
const IDLE_MS = 20_000;
const IDLE_SOCKETS = 100;

export type Posted = { readonly type: "taken" } | { readonly type: "failed"; readonly reason: string };

interface Resolved {
  readonly address: string;
  readonly family: number;
}

export interface PosterDeps {
  /** Addresses and networks inside that may be posted to. */
  readonly allow: readonly string[];
  /** For tests: how long a post may take, and what names stand for. */
  readonly postMs?: number;
  readonly resolve?: (host: string) => Promise<readonly Resolved[]>;
}

/** The address is not one that may be posted to. */
class Refused extends Error {}

export class Poster {
  readonly #guard: AddressGuard;
  readonly #postMs: number;
  readonly #resolve: (host: string) => Promise<readonly Resolved[]>;
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS, timeout: IDLE_MS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS, timeout: IDLE_MS });

  constructor({ allow, postMs = POST_MS, resolve = (host) => lookup(host, { all: true }) }: PosterDeps) {
    this.#guard = new AddressGuard(allow);
    this.#postMs = postMs;
    this.#resolve = resolve;
  }

  /** What is wrong with a URL, as far as it can be said without asking what its name stands for; null: nothing. */
  problemOf(text: string): string | null {
    const url = URL.canParse(text) && text.length <= URL_CHARACTERS ? new URL(text) : null;
    if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return "must be an https or http URL";
    if (url.username !== "" || url.password !== "") return "must not hold a password";
    const host = hostOf(url);
    return isIP(host) !== 0 && !this.#mayGo(url, [host]) ? REFUSED : null;
  }

  async post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> {
    try {
      const { statusCode = 0 } = await this.#send(new URL(url), headers, body);
      return statusCode >= 200 && statusCode < 300 ? { type: "taken" } : { type: "failed", reason: `answered ${statusCode}` };
    } catch (error) {
      return { type: "failed", reason: this.#reasonOf(error) };
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #send(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<IncomingMessage> {
    // A name is looked up by the connection itself, so that what was checked is what it goes to; an address never is.
    if (isIP(hostOf(url)) !== 0 && !this.#mayGo(url, [hostOf(url)])) return Promise.reject(new Refused());
    const bytes = Buffer.from(body);
    const isSecure = url.protocol === "https:";
    const options = {
      method: "POST",
      agent: isSecure ? this.#https : this.#http,
      headers: { ...headers, "content-length": String(bytes.length) },
      lookup: this.#lookup(url),
      signal: AbortSignal.timeout(this.#postMs),
    };
    return new Promise((resolve, reject) => {
      const asked = (isSecure ? requestHttps : requestHttp)(url, options);
      asked.on("error", reject);
      asked.on("response", (answer) => {
        this.#drain(answer);
        resolve(answer);
      });
      asked.end(bytes);
    });
  }

  /** What stands in the answer is nobody's concern; its end lets the connection be used again. */
  #drain(answer: IncomingMessage): void {
    let bytes = 0;
    const late = setTimeout(() => answer.destroy(), this.#postMs);
    answer.on("error", () => undefined);
    answer.on("close", () => clearTimeout(late));
    answer.on("data", (some: Buffer) => {
      bytes += some.length;
      if (bytes > ANSWER_BYTES) answer.destroy();
    });
  }

  #lookup(url: URL): LookupFunction {
    return (host, { all }, done) => {
      this.#resolve(host).then(
        (found) => {
          const [first] = found;
          const mayGo =
            first !== undefined &&
            this.#mayGo(
              url,
              found.map(({ address }) => address),
            );
          if (!mayGo) done(new Refused(), "", 0);
          else if (all === true) done(null, [...found]);
          else done(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => done(error, "", 0),
      );
    };
  }

  /** All of them: a name that also stands for an address inside is not to be trusted with any. */
  #mayGo({ protocol }: URL, addresses: readonly string[]): boolean {
    return addresses.every((address) => {
      const checked = this.#guard.check(address);
      return checked === "allowed" || (checked === "public" && protocol === "https:");
    });
  }

  #reasonOf(error: unknown): string {
    if (error instanceof Refused) return REFUSED;
    if (!(error instanceof Error)) return String(error);
    if (error.name === "AbortError" || error.name === "TimeoutError") return `no answer within ${this.#postMs} ms`;
    return "code" in error && typeof error.code === "string" ? error.code : error.message;
  }
}

const REFUSED = "events are not posted to such an address (see WEBHOOK_ALLOW)";

/** Of `[::1]` what stands in the brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
