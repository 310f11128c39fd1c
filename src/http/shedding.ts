/** Refuses calls while the node has too much to do: first those that cost most, so that sending goes on longest. */
import type { FastifyInstance } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import type { Load } from "../chat/load.ts";
import type { Meter } from "../chat/meter.ts";

export interface SheddingOptions {
  readonly load: () => Load;
  readonly meter: Meter;
}

const RETRY_AFTER_SECONDS = 5;
/** Of a route: which call of the chat it is stands behind this. */
const CALLS = "/tracker/chat/";
/** One of these is the work of hundreds of others. */
const LONG_CALLS: ReadonlySet<string> = new Set(["list", "broadcast", "broadcast/read", "broadcast/retry", "broadcast/cancel"]);
/** Their clients are told what they are told when no text can be queued; others, that nothing can be looked up. */
const QUEUEING_CALLS: ReadonlySet<string> = new Set(["send", "broadcast", "broadcast/retry"]);

/** Answers 8 or 14 (HTTP 503) before a hash is looked at. */
export function shedLoad(app: FastifyInstance, { load, meter }: SheddingOptions): void {
  app.addHook("onRequest", (request, reply, done) => {
    const call = request.routeOptions.url?.split(CALLS)[1];
    if (call === undefined || !sheds(load(), call)) return done();
    meter.count("shed", call);
    void reply.header("Retry-After", String(RETRY_AFTER_SECONDS));
    done(new ChatError(QUEUEING_CALLS.has(call) ? 8 : 14));
  });
}

function sheds(load: Load, call: string): boolean {
  return load === "drowning" || (load === "overloaded" && LONG_CALLS.has(call));
}
