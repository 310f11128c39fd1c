/** How /admin says no: the contract's form, and for a fleet document every problem with its path. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import { FleetRefused } from "../fleet/problems.ts";
import { asChatError, FAILURES, failureBody } from "./failure.ts";

/** Answers what a route of /admin threw. */
export function answerAdminFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (thrown instanceof FleetRefused) {
    request.failureCode = 7;
    const status = { code: 7, description: FAILURES[7][1] };
    void reply.code(FAILURES[7][0]).send({ success: false, status, errors: thrown.problems });
    return;
  }
  const expected = thrown instanceof StoreUnavailable ? new ChatError(14) : asChatError(thrown);
  if (thrown instanceof StoreUnavailable) request.log.warn({ reason: thrown.message }, "the store was not available to an administrator");
  if (expected === null) request.log.error({ err: thrown }, "an admin request failed unexpectedly");
  const failure = expected ?? new ChatError(6);
  request.failureCode = failure.code;
  void reply.code(FAILURES[failure.code][0]).send(failureBody(failure));
}
