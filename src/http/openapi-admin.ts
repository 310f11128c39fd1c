/** The administrator's calls in the OpenAPI document: see admin.ts. */
import { EXPORT_FORMATS, EXPORT_TYPES } from "./export-format.ts";
import type { JsonSchema } from "./kinds.ts";
import type { Operation, Paths } from "./openapi-types.ts";

const ID: JsonSchema = { type: "integer", format: "int32", minimum: 1 };
const TEXT: JsonSchema = { type: "string" };
const KINDS = ["dealers", "tariffs", "users", "employees", "trackers"] as const;
/** The document of docs, in the words of the fleet's own check: here only its lists. */
const FLEET: JsonSchema = {
  type: "object",
  properties: Object.fromEntries(KINDS.map((kind) => [kind, { type: "array", items: { type: "object" } }])),
};

/** Everything under /admin. */
export function adminPaths(): Paths {
  return {
    "/admin/fleet": {
      get: admin("admin_fleet", "The fleet as a document, without secrets", FLEET),
      put: {
        ...admin(
          "admin_fleet_put",
          "Upsert a fleet document: all or nothing",
          done({
            counts: object(Object.fromEntries(KINDS.map((kind) => [kind, count()]))),
            api_keys: list({ user_id: ID, title: TEXT, hash: TEXT }),
          }),
        ),
        requestBody: { required: true, content: { "application/json": { schema: FLEET } } },
      },
    },
    "/admin/trackers/{id}": { delete: admin("admin_tracker_delete", "Delete a tracker and its chat", done({}), ["id"]) },
    "/admin/users/{id}": {
      delete: admin(
        "admin_user_delete",
        "Delete a user with its trackers, their chats and its employees",
        done({ removed: object({ trackers: { type: "integer" }, employees: { type: "integer" } }) }),
        ["id"],
      ),
    },
    "/admin/trackers/{id}/chat": { delete: admin("admin_chat_delete", "Delete a tracker's chat; the tracker stays", done({}), ["id"]) },
    "/admin/users/{id}/export": { get: exported() },
    "/admin/unknown": {
      get: admin(
        "admin_unknown",
        "Devices that tried to log in and are not in the fleet",
        done({ list: list({ key: TEXT, protocol: TEXT, address: TEXT, last_try: TEXT }) }),
      ),
    },
    "/admin/lines": {
      get: admin(
        "admin_lines",
        "Who is connected where",
        done({ list: list({ tracker_id: ID, device_id: TEXT, protocol: TEXT, node: TEXT, address: TEXT, since: TEXT }) }),
      ),
    },
    "/admin/lines/{tracker_id}": { delete: admin("admin_line_delete", "End a tracker's line", done({}), ["tracker_id"]) },
    "/admin/dead-letters": {
      get: {
        ...admin(
          "admin_dead_letters",
          "Texts that were given up, newest first",
          done({ list: list({ id: ID, tracker_id: ID, reason: TEXT, time: TEXT }) }),
        ),
        parameters: [{ name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 1_000, default: 100 } }],
      },
    },
    "/admin/dead-letters/{id}/retry": {
      post: admin("admin_dead_letter_retry", "Put a dead letter back into its outbox", done({}), ["id"]),
    },
  };
}

function admin(operationId: string, summary: string, answer: JsonSchema, path: readonly string[] = []): Operation {
  return {
    operationId,
    summary,
    tags: ["administration"],
    security: [{ admin: [] }],
    ...(path.length === 0 ? {} : { parameters: path.map((name) => ({ name, in: "path", required: true, schema: ID })) }),
    responses: {
      "200": { description: "Done.", content: { "application/json": { schema: answer } } },
      default: { description: "A failure.", content: { "application/json": { schema: FAILED } } },
    },
  };
}

function exported(): Operation {
  const operation = admin("admin_user_export", "An account's chats, tracker by tracker, oldest first", TEXT);
  const time = (name: string, description: string) =>
    ({ name, in: "query", description, schema: { type: "string", format: "date-time" } }) as const;
  return {
    ...operation,
    parameters: [
      { name: "id", in: "path", required: true, schema: ID },
      { name: "format", in: "query", schema: { enum: EXPORT_FORMATS, default: "ndjson" } },
      time("from", "Inclusive, by the time of submission; without it from the first."),
      time("to", "Inclusive; without it to the last."),
    ],
    responses: {
      ...operation.responses,
      "200": {
        description: "One message a line. An answer that breaks off is not whole.",
        content: Object.fromEntries(EXPORT_FORMATS.map((format) => [EXPORT_TYPES[format].replace(/;.*/, ""), { schema: TEXT }])),
      },
    },
  };
}

/** Of a fleet document every problem is named with its path. */
const FAILED: JsonSchema = {
  type: "object",
  properties: { success: { const: false }, status: { type: "object" }, errors: { type: "array", items: { type: "object" } } },
  required: ["success", "status"],
  additionalProperties: false,
};

function count(): JsonSchema {
  return object({ created: { type: "integer" }, updated: { type: "integer" }, unchanged: { type: "integer" } });
}

function done(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return object({ success: { const: true }, ...fields });
}

function list(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "array", items: object(fields) };
}

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}
