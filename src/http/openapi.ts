/** The OpenAPI 3.1 document of this server, made from the calls that it answers. */
import type { ErrorCode } from "../chat/chat-error.ts";
import type { Call } from "./call.ts";
import { EVENTS_PATH } from "./event-streams.ts";
import { EVENT_SCHEMAS } from "./event-view.ts";
import { FAILURES } from "./failure.ts";
import type { JsonSchema } from "./kinds.ts";
import { adminPaths } from "./openapi-admin.ts";
import type { OpenApi, Operation, ResponseDoc } from "./openapi-types.ts";

/** What any call may answer. */
const ALWAYS: readonly ErrorCode[] = [5, 6, 9, 15];
const WITH_HASH: readonly ErrorCode[] = [3, 4];
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const DESCRIPTION = `Every call takes its parameters in a JSON body, a form body or the query, with POST or GET, under \`/\`, \`/v2\` or \`/api-v2\`. Numbers
may come as texts, lists as texts that hold JSON, \`null\` and (in forms and queries) an empty text stand for absent. Dates are in the user's time zone,
\`yyyy-MM-dd HH:mm:ss\`, or with \`iso_datetime\` ISO 8601 with offset. Errors are \`{"success": false, "status": {"code", "description"}}\`.`;
const ISO_DATETIME: JsonSchema = { type: "boolean", default: false, description: "Times as ISO 8601 with offset." };

export function openApi(calls: readonly Call[]): OpenApi {
  const paths = Object.fromEntries(calls.map((call) => [`/${call.path}`, { post: operation(call, "post"), get: operation(call, "get") }]));
  return {
    openapi: "3.1.0",
    info: { title: "tracker-chat", version: "2", description: DESCRIPTION, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: ["/", "/v2", "/api-v2"].map((url) => ({ url })),
    tags: [{ name: "chat" }, { name: "account" }, { name: "administration" }],
    security: HASH_SECURITY,
    paths: { ...paths, [`/${EVENTS_PATH}`]: { get: eventsOperation() }, ...adminPaths() },
    components: { securitySchemes: SECURITY_SCHEMES, schemas: { Failure: FAILURE, ...eventSchemas() } },
  };
}

const HASH_SECURITY = [{ header: [] }, { query: [] }];
const SECURITY_SCHEMES = {
  header: { type: "apiKey", in: "header", name: "Authorization", description: "`NVX <hash>`: a session or an API key." },
  query: { type: "apiKey", in: "query", name: "hash", description: "The same as a parameter, of a body too." },
  admin: { type: "http", scheme: "bearer", description: "`ADMIN_TOKEN`" },
};

function operation(call: Call, method: "post" | "get"): Operation {
  const { path, title, audience } = call;
  return {
    operationId: `${path.replaceAll("/", "_")}${method === "get" ? "_get" : ""}`,
    tags: [path.startsWith("tracker/chat/") ? "chat" : "account"],
    summary: title,
    ...(audience === "anyone" ? { security: [] } : {}),
    ...(method === "post" ? { requestBody: bodyOf(call) } : { parameters: queryOf(parametersOf(call)) }),
    responses: { "200": json("Done.", answerOf(call)), ...failures(codesOf(call)) },
  };
}

function parametersOf({ parameters }: Call): ObjectSchema {
  const { properties, required } = parameters as unknown as ObjectSchema;
  return { type: "object", properties: { ...properties, iso_datetime: ISO_DATETIME }, required };
}

interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}

function bodyOf(call: Call): object {
  const own = parametersOf(call);
  const hash = { type: "string", description: "Here, in the query or in the header." };
  const schema = call.audience === "anyone" ? own : { ...own, properties: { ...own.properties, hash } };
  return { content: { [JSON_TYPE]: { schema }, [FORM_TYPE]: { schema } } };
}

/** Lists travel in a query as JSON. */
function queryOf({ properties, required }: ObjectSchema): readonly object[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(schema["type"] === "array" ? { content: { [JSON_TYPE]: { schema } } } : { schema }),
  }));
}

function answerOf({ answer, further }: Call): JsonSchema {
  const always = { success: { const: true }, ...answer };
  return { type: "object", properties: { ...always, ...further }, required: Object.keys(always), additionalProperties: false };
}

/** A parameter may be wrong wherever there is one; all calls have `iso_datetime`. */
function codesOf({ audience, refusals = [], whenDown }: Call): readonly ErrorCode[] {
  return [...ALWAYS, 7, ...(audience === "account" ? WITH_HASH : []), whenDown, ...refusals];
}

function eventsOperation(): Operation {
  const since = { name: "since", in: "query", schema: { type: "string" }, description: "From behind this place; absent: from now on." };
  const header = { name: "Last-Event-ID", in: "header", schema: { type: "string" }, description: "The same; goes first." };
  const list = Object.keys(EVENT_SCHEMAS).map((name) => `\`${name}\` (schema \`${schemaName(name)}\`)`);
  return {
    operationId: "tracker_chat_events",
    tags: ["chat"],
    summary: "Live events of the account, as an event stream",
    parameters: [since, header, { name: "iso_datetime", in: "query", schema: ISO_DATETIME }],
    responses: {
      "200": { description: `Events by name: ${list.join(", ")}.`, content: { "text/event-stream": { schema: { type: "string" } } } },
      ...failures([...ALWAYS, 7, ...WITH_HASH, 14]),
    },
  };
}

function eventSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(EVENT_SCHEMAS).map(([name, schema]) => [schemaName(name), schema]));
}

function schemaName(event: string): string {
  return `Event${event.slice(0, 1).toUpperCase()}${event.slice(1)}`;
}

const FAILURE: JsonSchema = {
  type: "object",
  properties: {
    success: { const: false },
    status: {
      type: "object",
      properties: { code: { enum: Object.keys(FAILURES).map(Number) }, description: { type: "string" } },
      required: ["code", "description"],
      additionalProperties: false,
    },
    errors: {
      type: "array",
      description: "With code 7 only.",
      items: {
        type: "object",
        properties: { parameter: { type: "string" }, error: { type: "string" } },
        required: ["parameter", "error"],
        additionalProperties: false,
      },
    },
  },
  required: ["success", "status"],
  additionalProperties: false,
};

/** Responses by HTTP status, each with the codes that it may bear. */
function failures(codes: readonly ErrorCode[]): Operation["responses"] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...new Set(codes)].sort((one, other) => one - other)) {
    const [status] = FAILURES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, own]) => [String(status), json(own.map(say).join(", "), failureOf(own))]));
}

function say(code: ErrorCode): string {
  return `${code} ${FAILURES[code][1]}`;
}

function failureOf(codes: readonly ErrorCode[]): JsonSchema {
  const status = { type: "object", properties: { code: { enum: codes } } };
  return { allOf: [{ $ref: "#/components/schemas/Failure" }, { type: "object", properties: { status } }] };
}

function json(description: string, schema: JsonSchema): ResponseDoc {
  return { description, content: { [JSON_TYPE]: { schema } } };
}
