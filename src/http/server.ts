/** The HTTP server that every plugin sits on: limits, CORS, body parsers, and the contract's words whatever happens. */
import { Server as HttpsServer, type ServerOptions } from "node:https";
import cors from "@fastify/cors";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
  LogController,
} from "fastify";
import type { Registry } from "prom-client";
import { ChatError } from "../chat/chat-error.ts";
import { keepAccessLog } from "./access-log.ts";
import { addBodyParsers } from "./body.ts";
import { asChatError, FAILURES, failureBody } from "./failure.ts";
import { parseForm } from "./form.ts";

/** What HTTPS is told of TLS. */
export type TlsOptions = Readonly<Pick<ServerOptions, "cert" | "key" | "minVersion" | "ciphers" | "honorCipherOrder">>;

export interface HttpServerOptions {
  readonly logger: FastifyBaseLogger;
  /** Addresses whose `X-Forwarded-For` is believed; empty: nobody's. */
  readonly trustProxy: readonly string[];
  /** HTTPS with this certificate and key (PEM), and what else TLS is told; null: HTTP. */
  readonly tls: TlsOptions | null;
  /** Where answers are counted and timed; null: nowhere. */
  readonly registry: Registry | null;
  readonly limits: HttpLimits;
}

/** Bounds on slow and greedy clients; times in milliseconds. */
export interface HttpLimits {
  readonly connections: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** How late a timeout of requests may be noticed. */
const LOOK_MS = 5_000;
const HANDSHAKE_MS = 10_000;

const JSON_TYPE = "application/json; charset=utf-8";
const COMMON_HEADERS = { "X-Content-Type-Options": "nosniff" };
/** Browsers call from anywhere: the hash is the only credential, so there are no cookies to protect. */
const CORS = {
  origin: "*",
  methods: ["GET", "POST"],
  allowedHeaders: ["Authorization", "Content-Type", "NVX-ISO-DateTime", "Accept", "Last-Event-ID", "X-Requested-With"],
  exposedHeaders: ["Retry-After"],
  maxAge: 86_400,
  strictPreflight: false,
};

/** A new certificate for the connections that come from now on. */
export function renewCertificate({ server }: FastifyInstance, tls: TlsOptions): void {
  if (server instanceof HttpsServer) server.setSecureContext(tls);
}

/** A server without routes, not yet listening. Errors that any route throws are answered by the contract's table. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const app = fastify(serverOptions(options)) as unknown as FastifyInstance;
  app.server.maxConnections = options.limits.connections;
  app.setErrorHandler((thrown, request, reply) => answerFailure(thrown, request, reply));
  app.setNotFoundHandler((request) => {
    throw new ChatError(isKnownPath(app, request.url) ? 112 : 111);
  });
  keepAccessLog(app, options.registry);
  app.addHook("onRequest", (_request, reply, done) => {
    void reply.headers(COMMON_HEADERS);
    done();
  });
  await app.register(cors, CORS);
  // The path comes first: before the size and the syntax of a body that nobody will read.
  app.addHook("onRequest", (request, _reply, done) => {
    if (request.is404) done(new ChatError(isKnownPath(app, request.url) ? 112 : 111));
    else done();
  });
  addBodyParsers(app);
  return app;
}

function serverOptions({ logger, trustProxy, tls, limits }: HttpServerOptions): FastifyServerOptions {
  const http = {
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: Math.min(LOOK_MS, limits.headersMs, limits.requestMs),
    maxHeaderSize: limits.headerBytes,
  };
  return {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    ...(tls === null ? { http } : { https: { ...http, ...tls, handshakeTimeout: HANDSHAKE_MS } }),
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    bodyLimit: limits.bodyBytes,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // A HEAD would otherwise run the call behind the GET.
    exposeHeadRoutes: false,
    // While draining, requests that came in time are answered; new connections are not accepted.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, querystringParser: parseForm },
    frameworkErrors: (thrown, request, reply) => {
      void reply.headers({ ...COMMON_HEADERS, "Access-Control-Allow-Origin": CORS.origin });
      answerFailure(HANDLER_PATH.test(pathOf(request.url)) ? new ChatError(112) : thrown, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
      else socket.end(rawFailure(new ChatError(error.code === "HPE_HEADER_OVERFLOW" ? 9 : 5)));
    },
  };
}

function answerFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const expected = asChatError(thrown);
  if (expected === null) request.log.error({ stack: stackOf(thrown) }, "a request failed unexpectedly");
  const failure = expected ?? new ChatError(6);
  request.failureCode = failure.code;
  const retryAfterMs = failure.code === 15 ? RATE_RETRY_MS : failure.retryAfterMs;
  if (failure.code === 9) letFinish(request, reply);
  if (retryAfterMs !== null) void reply.header("Retry-After", String(Math.ceil(retryAfterMs / 1_000)));
  void reply.code(FAILURES[failure.code][0]).type(JSON_TYPE).send(failureBody(failure));
}

/** Who still writes when the line is closed may never read why: the rest is dropped as it comes, until `requestMs`. */
function letFinish({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader("connection");
  raw.resume();
}

/** Rates are counted by the second. */
const RATE_RETRY_MS = 1_000;

/** Not the error's other fields: a store's error carries the command, and so the text, that failed. */
function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : `a thrown ${typeof thrown}`;
}

/** Is there something here for another method, or another action? */
function isKnownPath(app: FastifyInstance, target: string): boolean {
  const path = pathOf(target);
  if (HANDLER_PATH.test(path)) return true;
  const url = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return ["GET", "POST"].some((method) => app.hasRoute({ method, url }));
}

function pathOf(target: string): string {
  return target.split(/[?;#]/, 1)[0] ?? "";
}

/** Below these an unknown path is a wrong action, not a wrong handler: the chat's at any depth, the others' directly below them. */
const HANDLER_PATH = /^(?:\/(?:v2|api-v2))?\/(?:tracker\/chat(?:\/.*)?|(?:user|tracker|employee|api\/key)(?:\/[^/]*)?\/?)$/;

/** An answer for what never became a request. */
function rawFailure(failure: ChatError): string {
  const body = JSON.stringify(failureBody(failure));
  const head = [`HTTP/1.1 ${FAILURES[failure.code][0]} Refused`, `Content-Type: ${JSON_TYPE}`, "X-Content-Type-Options: nosniff"];
  return [
    ...head,
    `Access-Control-Allow-Origin: ${CORS.origin}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
