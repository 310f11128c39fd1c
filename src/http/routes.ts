/** Puts calls on a server: every prefix, GET and POST, one order of checks. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import type { Calendar, TimeStyle } from "./calendar.ts";
import type { AccountCall, Answer, Call, OpenCall } from "./call.ts";
import { optional, readFields } from "./fields.ts";
import type { Gate } from "./gate.ts";
import { flag } from "./kinds.ts";
import { gatherParameters, type Parameters } from "./parameters.ts";

export interface RouteDeps {
  readonly gate: Gate;
  readonly calendar: Calendar;
}

/** Where the API answers: clients change only their base URL, and some of those end in a version. */
export const PREFIXES: readonly string[] = ["", "/v2", "/api-v2"];

/** Adds these calls to the server; may be used several times with the same gate. */
export function registerCalls(app: FastifyInstance, calls: readonly Call[], deps: RouteDeps): void {
  for (const call of calls) {
    const handler = async (request: FastifyRequest): Promise<Answer> => ({ success: true, ...(await answerTo(call, request, deps)) });
    for (const prefix of PREFIXES) app.route({ method: ["GET", "POST"], url: `${prefix}/${call.path}`, handler });
  }
}

async function answerTo(call: Call, request: FastifyRequest, deps: RouteDeps): Promise<Answer> {
  try {
    const parameters = gatherParameters(request);
    return call.audience === "account" ? await admitted(call, request, parameters, deps) : await greeted(call, request, parameters, deps);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new ChatError(call.whenDown);
    throw error;
  }
}

async function admitted(
  call: AccountCall,
  request: FastifyRequest,
  parameters: Parameters,
  { gate, calendar }: RouteDeps,
): Promise<Answer> {
  const known = await gate.admit(request, parameters);
  const style = readStyle(request, parameters, calendar, known.user.timeZone);
  return await call.perform(parameters, { calendar, style, ...known });
}

async function greeted(call: OpenCall, request: FastifyRequest, parameters: Parameters, { gate, calendar }: RouteDeps): Promise<Answer> {
  await gate.greet(request);
  const style = readStyle(request, parameters, calendar, ZONE_OF_STRANGERS);
  return await call.perform(parameters, { calendar, style, address: request.ip });
}

const ZONE_OF_STRANGERS = "UTC";
const STYLE_FIELDS = { iso_datetime: optional(flag, false) };

/** How this request wants its times. Throws 7. */
export function readStyle(request: FastifyRequest, parameters: Parameters, calendar: Calendar, zone: string): TimeStyle {
  const { iso_datetime } = readFields(STYLE_FIELDS, parameters, { calendar, style: { zone, iso: false } });
  return { zone, iso: iso_datetime || String(request.headers["nvx-iso-datetime"]).toLowerCase() === "true" };
}
