/** The dispatcher's console: a page, its script and its style, under rules that let nothing else in. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
/** Best first, with the ending of the file that has it. */
const ENCODINGS = [
  { name: "br", ending: ".br" },
  { name: "gzip", ending: ".gz" },
] as const;
const PAGE = "index.html";

/**
 * Own files only, no inline script or style, no frame around it, and no text that becomes markup: with trusted types required and
 * none allowed the browser itself refuses `innerHTML`.
 */
const POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Frame-Options": "DENY",
  // Asked again each time, and answered 304: a page never meets the script of another version.
  "Cache-Control": "no-cache",
  Vary: "Accept-Encoding",
};

/** Serves what the build put into `folder`, the page at `/`. False: there is nothing. */
export async function registerConsole(app: FastifyInstance, folder: string): Promise<boolean> {
  const found = await readdir(folder).catch(() => []);
  const names = found.filter((name) => typeOf(name) !== undefined);
  if (!names.includes(PAGE)) return false;
  for (const name of names) {
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => answer(request, reply, join(folder, name));
    app.route({ method: ["GET", "HEAD"], url: name === PAGE ? "/" : `/${name}`, handler });
  }
  return true;
}

/** Read anew each time: three small files a visit, and what is being developed is never stale. */
async function answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
  const { bytes, encoding } = await readBest(path, request.headers["accept-encoding"]);
  const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  void reply.headers({ ...HEADERS, ETag: tag });
  if (request.headers["if-none-match"]?.includes(tag) === true) return reply.code(304).send();
  if (encoding !== null) void reply.header("Content-Encoding", encoding);
  return reply.type(typeOf(path) ?? "").send(bytes);
}

/** Compressed as the client likes it best, where the build has it so. */
async function readBest(path: string, accepted: string | string[] | undefined): Promise<{ bytes: Buffer; encoding: string | null }> {
  for (const { name, ending } of ENCODINGS) {
    const bytes = accepts(accepted, name) ? await readFile(path + ending).catch(() => null) : null;
    if (bytes !== null) return { bytes, encoding: name };
  }
  return { bytes: await readFile(path), encoding: null };
}

function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf(".") + 1)];
}

function accepts(header: string | string[] | undefined, name: string): boolean {
  const offers = String(header ?? "").split(",");
  return offers.some((offer) => {
    const [coding = "", ...parameters] = offer.split(";").map((part) => part.trim().toLowerCase());
    return coding === name && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
