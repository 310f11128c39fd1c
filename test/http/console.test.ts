/** How the console's files reach a browser: what they weigh, under which rules, and that nothing else is served. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerConsole } from "../../src/http/console.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { BOUNDS } from "../support/limits.ts";

/** What a first visit may take, compressed. */
const FIRST_LOAD_BYTES = 60_000;
const FIRST_LOAD = ["/", "/console.js", "/console.css", "/icon.svg"];

const root = join(import.meta.dirname, "../..");
let folder = "";
let app: FastifyInstance;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "console-"));
  execFileSync(process.execPath, [join(root, "scripts/build-console.js"), folder]);
  app = await serve(folder);
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(from: string): Promise<FastifyInstance> {
  const server = await createHttpServer({
    logger: pino({ level: "silent" }),
    trustProxy: [],
    tls: null,
    limits: BOUNDS.http,
    registry: null,
  });
  await registerConsole(server, from);
  return server;
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => app.inject({ method: "GET", url, headers });

describe("the console's files", () => {
  it.each(["gzip", "br"])(`weigh less than ${FIRST_LOAD_BYTES} bytes at the first visit (%s)`, async (encoding) => {
    const answers = await Promise.all(FIRST_LOAD.map((url) => get(url, { "accept-encoding": encoding })));
    expect(answers.map(({ headers }) => headers["content-encoding"])).toEqual(FIRST_LOAD.map(() => encoding));
    const bytes = answers.map(({ rawPayload }) => rawPayload.length);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    console.info(`first load, ${encoding}: ${total} bytes (${FIRST_LOAD.map((url, index) => `${url} ${bytes[index]}`).join(", ")})`);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(FIRST_LOAD_BYTES);
  });

  it("are the same in every encoding, best first", async () => {
    const plain = await get("/console.css");
    const [gzip, best] = await Promise.all([
      get("/console.css", { "accept-encoding": "gzip" }),
      get("/console.css", { "accept-encoding": "gzip, br" }),
    ]);
    expect(best.headers["content-encoding"]).toBe("br");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(gunzipSync(gzip.rawPayload)).toEqual(plain.rawPayload);
    expect(brotliDecompressSync(best.rawPayload)).toEqual(plain.rawPayload);
    expect((await get("/", { "accept-encoding": "br;q=0, gzip" })).headers["content-encoding"]).toBe("gzip");
    expect(plain.headers["vary"]).toContain("Accept-Encoding");
  });

  it("have the type that their names say, and nobody may guess another", async () => {
    const types = await Promise.all(FIRST_LOAD.map(async (url) => (await get(url)).headers));
    expect(types.map((headers) => headers["content-type"])).toEqual([
      "text/html; charset=utf-8",
      "text/javascript; charset=utf-8",
      "text/css; charset=utf-8",
      "image/svg+xml",
    ]);
    expect(types.every((headers) => headers["x-content-type-options"] === "nosniff")).toBe(true);
  });

  it("are asked for again and not sent again", async () => {
    const first = await get("/console.js", { "accept-encoding": "br" });
    const tag = String(first.headers["etag"]);
    const again = await get("/console.js", { "accept-encoding": "br", "if-none-match": tag });
    expect([again.statusCode, again.rawPayload.length, again.headers["etag"]]).toEqual([304, 0, tag]);
    expect((await get("/console.js", { "accept-encoding": "gzip", "if-none-match": tag })).statusCode).toBe(200);
    expect(first.headers["cache-control"]).toBe("no-cache");
  });

  it("answer HEAD without a body", async () => {
    const { statusCode, rawPayload } = await app.inject({ method: "HEAD", url: "/" });
    expect([statusCode, rawPayload.length]).toEqual([200, 0]);
  });
});

describe("the rules that the page lives under", () => {
  it("let in its own files only: nothing inline, nothing evaluated, no frame, no markup from texts", async () => {
    const { headers } = await get("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
    for (const rule of ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "trusted-types 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(headers).toMatchObject({
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["permissions-policy"]).toContain("geolocation=()");
  });

  it("are kept by what is built: no inline script or style, no handler, no address elsewhere", () => {
    const page = readFileSync(join(folder, "index.html"), "utf8");
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
    const built = readdirSync(folder).filter((name) => /\.(?:html|css|js)$/.test(name));
    const addresses = built.flatMap((name) => readFileSync(join(folder, name), "utf8").match(/https?:\/\/[\w.-]+/g) ?? []);
    // Names of namespaces, not places.
    expect(addresses.filter((address) => address !== "http://www.w3.org")).toEqual([]);
  });
});

describe("what is no file of the console", () => {
  it.each(["/index.html.gz", "/console.js.br", "/..%2fpackage.json", "/%2e%2e/package.json", "/index.html/", "/console.ts"])(
    "%s is answered in the contract's words",
    async (url) => {
      const { statusCode, headers, body } = await get(url);
      expect(statusCode).toBe(400);
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(JSON.parse(body)).toMatchObject({ success: false });
    },
  );

  it("is everything where the console is not built", async () => {
    const bare = await createHttpServer({
      logger: pino({ level: "silent" }),
      trustProxy: [],
      tls: null,
      limits: BOUNDS.http,
      registry: null,
    });
    expect(await registerConsole(bare, join(folder, "nowhere"))).toBe(false);
    expect((await bare.inject({ method: "GET", url: "/" })).json()).toMatchObject({ status: { code: 111 } });
    await bare.close();
  });

  it("leaves POST / to the contract", async () => {
    expect((await app.inject({ method: "POST", url: "/" })).json()).toMatchObject({ status: { code: 112 } });
  });
});
