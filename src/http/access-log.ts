/** One line and one sample for each answer. Never a query, a body or a header: those carry hashes and texts. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../chat/chat-error.ts";
import type { UserId } from "../chat/fleet.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose request this is, once the gate knows. */
    userId: UserId | null;
    /** The contract's code that it was answered with; 0: none. */
    failureCode: ErrorCode | 0;
  }
  interface FastifyContextConfig {
    /** It is open for as long as the client wants: no time to measure. */
    readonly isStream?: boolean;
  }
}

const NAME = "tracker_chat_http_request_duration_seconds";
/** Seconds; the last bound is past the request time-out. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20];
/** Of a path that no route has: as much as tells what was meant. */
const STRANGE_PATH = 80;

/** Decorates requests with `userId` and `failureCode`; logs at info and times by route and code. */
export function keepAccessLog(app: FastifyInstance, registry: Registry | null): void {
  app.decorateRequest("userId", null);
  app.decorateRequest("failureCode", 0);
  const seconds = registry === null ? null : histogram(registry);
  app.addHook("onResponse", (request, reply, done) => {
    const { method, ip, userId, failureCode } = request;
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, path: loggedPath(request), status: reply.statusCode, code: failureCode, user: userId, ip, ms }, "answered");
    if (request.routeOptions.config.isStream !== true)
      seconds?.observe({ route: request.routeOptions.url ?? "none", code: String(failureCode) }, reply.elapsedTime / 1_000);
    done();
  });
}

/** One for all servers of this process: the administrator's may be another than the API's. */
function histogram(registry: Registry): Histogram<"route" | "code"> {
  const known = registry.getSingleMetric(NAME);
  if (known instanceof Histogram) return known;
  return new Histogram({
    name: NAME,
    help: "Answers of the HTTP server by route and code of the contract (0: success)",
    labelNames: ["route", "code"],
    buckets: BUCKETS,
    registers: [registry],
  });
}

/** A route's pattern; of a strange path no more than cannot hold a hash. */
function loggedPath(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  if (route !== undefined) return route;
  const path = request.url.split(/[?;#&]/, 1)[0] ?? "";
  return path.slice(0, STRANGE_PATH).replace(/[0-9a-f]{16,}/gi, "...");
}
