/** `GET /openapi.json`, and `GET /docs`: Swagger UI from its package, with nothing from elsewhere. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import type { OpenApi } from "./openapi-types.ts";

const FILES = [
  { name: "swagger-ui.css", type: "text/css; charset=utf-8", url: () => import.meta.resolve("swagger-ui-dist/swagger-ui.css") },
  {
    name: "swagger-ui-bundle.js",
    type: "text/javascript; charset=utf-8",
    url: () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  },
  { name: "favicon-32x32.png", type: "image/png", url: () => import.meta.resolve("swagger-ui-dist/favicon-32x32.png") },
] as const;

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>tracker-chat API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null, docExpansion: "list" });\n`;

/** The page runs its own scripts, asks its own server, and is framed by nobody; the pictures in the style sheet are part of it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
const HEADERS = { "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer" };
/** Of the files: they change with the product only. */
const CACHE = { "Cache-Control": "public, max-age=3600" };

export function registerDocs(app: FastifyInstance, document: OpenApi): void {
  const text = JSON.stringify(document);
  app.get("/openapi.json", (_request, reply) => reply.type("application/json; charset=utf-8").send(text));
  app.get("/docs", (_request, reply) => reply.headers(HEADERS).type("text/html; charset=utf-8").send(PAGE));
  app.get("/docs/start.js", (_request, reply) => reply.headers(HEADERS).type("text/javascript; charset=utf-8").send(START));
  for (const { name, type, url } of FILES) {
    const path = fileURLToPath(url());
    let content: Buffer | null = null;
    app.get(`/docs/${name}`, (_request, reply) => {
      content ??= readFileSync(path);
      return reply
        .headers({ ...HEADERS, ...CACHE })
        .type(type)
        .send(content);
    });
  }
}
