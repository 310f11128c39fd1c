/** The seven calls of `tracker/chat` in the words of the API. */
import { createHash } from "node:crypto";
import { type Calls, LIST_LIMIT } from "../chat/calls.ts";
import { ChatError } from "../chat/chat-error.ts";
import { WISHED_TTL_S, type Wishes } from "../chat/wishes.ts";
import { BROADCAST_ANSWER, broadcastAnswer } from "./broadcast-calls.ts";
import { type AccountCall, type Answer, accountCall } from "./call.ts";
import { optional, required, type Values } from "./fields.ts";
import { chatText, choices, flag, id, idempotencyKey, ids, intBetween, time } from "./kinds.ts";
import { MESSAGE_SCHEMA, messageView } from "./message-view.ts";

export function chatCalls(calls: Calls): readonly AccountCall[] {
  return [
    listCall(calls),
    markReadAllCall(calls),
    markReadCall(calls),
    sendCall(calls),
    broadcastCall(calls),
    updatedListCall(calls),
    unreadCountCall(calls),
  ];
}

const NOTHING: Answer = {};
/** Extensions: what a text may ask for. */
const WISHES = {
  idempotency_key: optional(idempotencyKey, null),
  ttl: optional(intBetween(WISHED_TTL_S.min, WISHED_TTL_S.max), null),
  not_before: optional(time("from"), null),
  urgent: optional(flag, false),
  choices: optional(choices, null),
};

/** `input`: all parameters of the call. */
function wishesOf(call: "send" | "broadcast", input: Values<typeof WISHES>): Wishes {
  const { idempotency_key: key, ttl, not_before, urgent } = input;
  const bodyDigest = (): string =>
    createHash("sha256")
      .update(JSON.stringify([call, { ...input, idempotency_key: null }]))
      .digest("base64url");
  return {
    idempotency: key === null ? null : { key, bodyDigest: bodyDigest() },
    ttlMs: ttl === null ? null : ttl * 1_000,
    notBefore: not_before,
    urgent,
    choices: input.choices,
  };
}

function listCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/list",
    title: "Messages of one tracker in a range of time",
    fields: {
      tracker_id: required(id),
      from: optional(time("from"), null),
      to: optional(time("to"), null),
      limit: optional(intBetween(1, LIST_LIMIT), LIST_LIMIT),
      ascending: optional(flag, true),
    },
    answer: { list: { type: "array", items: MESSAGE_SCHEMA, maxItems: LIST_LIMIT } },
    refusals: [201, 208, 214, 236],
    whenDown: 14,
    run: async ({ tracker_id, from, to, limit, ascending }, context) => {
      const messages = await calls.list(context.user, { trackerId: tracker_id, from, to, limit, ascending });
      return { list: messages.map((message) => messageView(message, context)) };
    },
  });
}

function markReadAllCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/mark_read_all",
    title: "Mark every incoming message as read, of all or of the given trackers",
    fields: { trackers: optional(ids, null) },
    answer: {},
    refusals: [201],
    whenDown: 14,
    run: async ({ trackers }, { user }) => {
      await calls.markAllRead(user, trackers);
      return NOTHING;
    },
  });
}

function markReadCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/mark_read",
    title: "Mark incoming messages as read",
    fields: { message_id: optional(id, null), message_ids: optional(ids, null) },
    answer: {},
    refusals: [201],
    whenDown: 14,
    run: async ({ message_id, message_ids }, { user }) => {
      const both = [...(message_id === null ? [] : [message_id]), ...(message_ids ?? [])];
      if (both.length === 0) throw new ChatError(7, [{ parameter: "message_id", error: "is required, or message_ids" }]);
      await calls.markRead(user, both);
      return NOTHING;
    },
  });
}

function sendCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/send",
    title: "Send a message to a tracker",
    fields: { tracker_id: required(id), message: required(chatText), ...WISHES, replaces: optional(id, null) },
    answer: { id: id.schema },
    further: { replaced: { type: "boolean", description: "Extension, with `replaces`: that message was pending and is cancelled." } },
    refusals: [201, 208, 214, 236],
    whenDown: 8,
    run: async (input, { user }) => {
      const { tracker_id, message, replaces } = input;
      const sent = await calls.sendAsWished(user, tracker_id, message, { ...wishesOf("send", input), replaces });
      return { id: sent.id, ...(replaces === null ? {} : { replaced: sent.replaced }) };
    },
  });
}

function broadcastCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast",
    title: "Send a message to each of several trackers",
    fields: { trackers: required(ids), message: required(chatText), ...WISHES },
    answer: BROADCAST_ANSWER,
    refusals: [217, 221],
    whenDown: 8,
    run: async (input, { user }) =>
      broadcastAnswer(await calls.broadcast(user, input.trackers, input.message, wishesOf("broadcast", input))),
  });
}

function updatedListCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/updated/list",
    title: "Time of the last message of each of several trackers",
    fields: { trackers: required(ids) },
    answer: { value: { type: "object", additionalProperties: { type: "string" } } },
    refusals: [217, 221],
    whenDown: 14,
    run: async ({ trackers }, { user, calendar, style }) => {
      const times = await calls.lastTimes(user, trackers);
      return { value: Object.fromEntries([...times].map(([tracker, instant]) => [tracker, calendar.format(instant, style)])) };
    },
  });
}

function unreadCountCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/unread/count",
    title: "Unread incoming messages by tracker, over the whole account",
    fields: {},
    answer: { value: { type: "object", additionalProperties: { type: "integer", minimum: 1 } } },
    refusals: [236],
    whenDown: 14,
    run: async (_input, { user }) => ({ value: Object.fromEntries(await calls.unreadCounts(user)) }),
  });
}
