/** The seven calls of `tracker/chat` in the words of the API. */
import { type Calls, LIST_LIMIT } from "../chat/calls.ts";
import { ChatError } from "../chat/chat-error.ts";
import { type AccountCall, type Answer, accountCall } from "./call.ts";
import { optional, required } from "./fields.ts";
import { chatText, flag, id, ids, intBetween, type JsonSchema, time } from "./kinds.ts";
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
const IDS: JsonSchema = { type: "array", items: id.schema };

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
    fields: { tracker_id: required(id), message: required(chatText) },
    answer: { id: id.schema },
    whenDown: 8,
    run: async ({ tracker_id, message }, { user }) => ({ id: await calls.send(user, tracker_id, message) }),
  });
}

function broadcastCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast",
    title: "Send a message to each of several trackers",
    fields: { trackers: required(ids), message: required(chatText) },
    answer: { sent_to: IDS, not_sent_to: IDS },
    whenDown: 8,
    run: async ({ trackers, message }, { user }) => {
      const { sentTo, notSentTo } = await calls.broadcast(user, trackers, message);
      return { sent_to: sentTo, not_sent_to: notSentTo };
    },
  });
}

function updatedListCall(calls: Calls): AccountCall {
  return accountCall({
    path: "tracker/chat/updated/list",
    title: "Time of the last message of each of several trackers",
    fields: { trackers: required(ids) },
    answer: { value: { type: "object", additionalProperties: { type: "string" } } },
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
    whenDown: 14,
    run: async (_input, { user }) => ({ value: Object.fromEntries(await calls.unreadCounts(user)) }),
  });
}
