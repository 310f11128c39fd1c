/** The calls under `tracker/chat/webhook`. */
import { ChatError } from "../chat/chat-error.ts";
import { DEAD_EVENTS, type DeadEvent, HOOK_KINDS, type HookKind, type HookState, URL_CHARACTERS, type Webhook } from "../chat/webhook.ts";
import type { Webhooks } from "../chat/webhooks.ts";
import { type AccountCall, type AccountContext, type Answer, accountCall } from "./call.ts";
import { optional, required } from "./fields.ts";
import { hookKinds, id, intBetween, type JsonSchema, printable, type ReadingContext } from "./kinds.ts";

export function webhookCalls(webhooks: Webhooks): readonly AccountCall[] {
  return [
    createCall(webhooks),
    listCall(webhooks),
    deleteCall(webhooks),
    replayCall(webhooks),
    deadListCall(webhooks),
    deadReplayCall(webhooks),
  ];
}

const NOTHING: Answer = {};
/** An event's id has at most 15 + 9 + 3 digits. */
const EVENT_ID_CHARACTERS = 40;
const DEFAULT_KINDS: readonly HookKind[] = ["message", "status", "presence"];

const TEXT: JsonSchema = { type: "string" };
const COUNT: JsonSchema = { type: "integer", minimum: 0 };

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const HOOK: Readonly<Record<string, JsonSchema>> = {
  webhook_id: id.schema,
  url: TEXT,
  events: { type: "array", items: { enum: HOOK_KINDS } },
  create_date: TEXT,
};

function hookView({ id: webhook_id, url, kinds, createdAt }: Webhook, { calendar, style }: ReadingContext): Answer {
  return { webhook_id, url, events: kinds, create_date: calendar.format(createdAt, style) };
}

function createCall(webhooks: Webhooks): AccountCall {
  return accountCall({
    path: "tracker/chat/webhook/create",
    title: "Have events posted to a server from now on; the secret is shown this once",
    fields: { url: required(printable(URL_CHARACTERS)), events: optional(hookKinds, DEFAULT_KINDS) },
    answer: { value: object({ ...HOOK, secret: { ...TEXT, description: "Signs what is posted." } }) },
    refusals: [4, 13],
    whenDown: 14,
    run: async ({ url, events }, context) => {
      needSession(context);
      const made = await webhooks.create(context.user, url, events);
      return { value: { ...hookView(made, context), secret: made.secret } };
    },
  });
}

const FAILURE = object({
  event_id: TEXT,
  attempts: { type: "integer", minimum: 1 },
  error: TEXT,
});

function listCall(webhooks: Webhooks): AccountCall {
  const failing = { ...FAILURE, type: ["object", "null"], description: "The event that could not be posted when it was last tried." };
  return accountCall({
    path: "tracker/chat/webhook/list",
    title: "Webhooks of the account and how they fare",
    fields: {},
    answer: { list: { type: "array", items: object({ ...HOOK, failing, replays: COUNT, dead_letters: COUNT }) } },
    whenDown: 14,
    run: async (_input, context) => ({ list: (await webhooks.list(context.user)).map((state) => stateView(state, context)) }),
  });
}

function stateView({ webhook, failure, replays, deadEvents }: HookState, context: ReadingContext): Answer {
  const failing = failure === null ? null : { event_id: failure.eventId, attempts: failure.attempts, error: failure.reason };
  return { ...hookView(webhook, context), failing, replays: replays.length, dead_letters: deadEvents };
}

function deleteCall(webhooks: Webhooks): AccountCall {
  return accountCall({
    path: "tracker/chat/webhook/delete",
    title: "Delete a webhook with all that was to be posted",
    fields: { webhook_id: required(id) },
    answer: {},
    refusals: [4, 201],
    whenDown: 14,
    run: async ({ webhook_id }, context) => {
      needSession(context);
      await webhooks.remove(context.user, webhook_id);
      return NOTHING;
    },
  });
}

function replayCall(webhooks: Webhooks): AccountCall {
  return accountCall({
    path: "tracker/chat/webhook/replay",
    title: "Post an event once more",
    fields: { webhook_id: required(id), event_id: required(printable(EVENT_ID_CHARACTERS)) },
    answer: {},
    refusals: [15, 201],
    whenDown: 14,
    run: async ({ webhook_id, event_id }, { user }) => {
      await webhooks.replay(user, webhook_id, event_id);
      return NOTHING;
    },
  });
}

const DEAD = object({
  event_id: TEXT,
  event: { enum: [...HOOK_KINDS, "reset"] },
  tracker_id: { type: ["integer", "null"], format: "int32" },
  time: { ...TEXT, description: "When it was given up." },
  attempts: { type: "integer", minimum: 1 },
  error: TEXT,
});

function deadListCall(webhooks: Webhooks): AccountCall {
  return accountCall({
    path: "tracker/chat/webhook/dead_letter/list",
    title: "Events that were given up, newest first",
    fields: { webhook_id: required(id), limit: optional(intBetween(1, DEAD_EVENTS), 100) },
    answer: { list: { type: "array", items: DEAD, maxItems: DEAD_EVENTS } },
    refusals: [201],
    whenDown: 14,
    run: async ({ webhook_id, limit }, context) => ({
      list: (await webhooks.deadEvents(context.user, webhook_id, limit)).map((dead) => deadView(dead, context)),
    }),
  });
}

function deadView({ id: event_id, trackerId, event, at, attempts, reason }: DeadEvent, { calendar, style }: ReadingContext): Answer {
  const isReset = event.type === "lost" || event.type === "too-old";
  const tracker_id = event.type === "too-old" ? null : trackerId;
  return { event_id, event: isReset ? "reset" : event.type, tracker_id, time: calendar.format(at, style), attempts, error: reason };
}

function deadReplayCall(webhooks: Webhooks): AccountCall {
  return accountCall({
    path: "tracker/chat/webhook/dead_letter/replay",
    title: "Post all events that were given up once more, oldest first",
    fields: { webhook_id: required(id) },
    answer: { replayed: COUNT },
    refusals: [201],
    whenDown: 14,
    run: async ({ webhook_id }, { user }) => ({ replayed: await webhooks.replayDead(user, webhook_id) }),
  });
}

/** A webhook outlives the key that it was made with: it is the business of those who logged in. */
function needSession({ credential }: AccountContext): void {
  if (credential !== "session") throw new ChatError(4);
}
