/** The contract's error table, and the answer that says one of them. */
import { ChatError, type ErrorCode } from "../chat/chat-error.ts";

/** HTTP status and description of every code. */
export const FAILURES: Readonly<Record<ErrorCode, readonly [status: number, description: string]>> = {
  1: [500, "Database error"],
  3: [400, "Wrong hash"],
  4: [400, "User or API key not found or session ended"],
  5: [400, "Wrong request format"],
  6: [500, "Unexpected error"],
  7: [400, "Invalid parameters"],
  8: [503, "Queue service error, try again later"],
  9: [412, "Too large request"],
  11: [403, "Access denied"],
  13: [403, "Operation not permitted"],
  14: [503, "Database unavailable"],
  15: [429, "Too many requests (rate limit exceeded)"],
  101: [403, "In demo mode this function is disabled"],
  102: [400, "Wrong login or password"],
  111: [400, "Wrong handler"],
  112: [400, "Wrong method"],
  201: [400, "Not found in the database"],
  204: [404, "Entity not found"],
  208: [403, "Device blocked"],
  213: [400, "Cannot perform action: the device is offline"],
  214: [400, "Requested operation or parameters are not supported by the device"],
  217: [400, "List contains nonexistent entities"],
  221: [403, "Device limit exceeded"],
  236: [402, "Feature unavailable due to tariff restrictions"],
};

export interface FailureBody {
  readonly success: false;
  readonly status: { readonly code: ErrorCode; readonly description: string };
  /** Only with code 7. */
  readonly errors?: ChatError["problems"];
}

export function failureBody({ code, problems }: Pick<ChatError, "code" | "problems">): FailureBody {
  const status = { code, description: FAILURES[code][1] };
  return code === 7 ? { success: false, status, errors: problems } : { success: false, status };
}

/** What the caller is told about anything that was thrown; null: nobody expected it (code 6, and our log gets the rest). */
export function asChatError(thrown: unknown): ChatError | null {
  if (thrown instanceof ChatError) return thrown;
  const { code, statusCode } = describe(thrown);
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE" || statusCode === 413) return new ChatError(9);
  if (code === "FST_ERR_BAD_URL" || code === "FST_ERR_MAX_PARAM_LENGTH") return new ChatError(111);
  // Fastify's body parsers say 400 and 415; so does a request that broke off.
  if (statusCode === 400 || statusCode === 415) return new ChatError(5);
  return null;
}

function describe(thrown: unknown): { readonly code?: unknown; readonly statusCode?: unknown } {
  return typeof thrown === "object" && thrown !== null ? thrown : {};
}
