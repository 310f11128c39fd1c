/** The calls under `tracker/chat/broadcast`: what became of a broadcast, once more, never mind. */
import type { BroadcastHead } from "../chat/broadcast.ts";
import { type Standing, tally } from "../chat/broadcast-standing.ts";
import type { BroadcastResult, BroadcastState, Broadcasts } from "../chat/broadcasts.ts";
import { MESSAGE_STATES } from "../chat/message.ts";
import { type AccountCall, type Answer, accountCall } from "./call.ts";
import { optional, required } from "./fields.ts";
import { flag, id, intBetween, type JsonSchema, type ReadingContext } from "./kinds.ts";
import { messageView } from "./message-view.ts";

export function broadcastCalls(broadcasts: Broadcasts): readonly AccountCall[] {
  return [listCall(broadcasts), readCall(broadcasts), retryCall(broadcasts), cancelCall(broadcasts)];
}

const IDS: JsonSchema = { type: "array", items: id.schema };
/** What `broadcast` answers of those who got their text, and those who did not. */
export const BROADCAST_ANSWER: Readonly<Record<string, JsonSchema>> = {
  sent_to: IDS,
  not_sent_to: IDS,
  message_ids: {
    type: "object",
    additionalProperties: id.schema,
    description: "Extension: by tracker of `sent_to` the id of its message.",
  },
  broadcast_id: { ...id.schema, description: "Extension: what `broadcast/read`, `broadcast/retry` and `broadcast/cancel` take." },
};

export function broadcastAnswer({ id: broadcastId, sentTo, notSentTo, ids }: BroadcastResult): Answer {
  return { sent_to: sentTo, not_sent_to: notSentTo, message_ids: Object.fromEntries(ids), broadcast_id: broadcastId };
}

/** Broadcasts in one answer of `broadcast/list`, and the default. */
const LIST_LIMIT = 100;

const HEAD: Readonly<Record<string, JsonSchema>> = {
  broadcast_id: id.schema,
  submit_time: { type: "string" },
  text: { type: "string" },
  cancel_time: { type: ["string", "null"], description: "When it was withdrawn." },
};

function headView({ id: broadcastId, submittedAt, speech, cancelledAt }: BroadcastHead, { calendar, style }: ReadingContext): Answer {
  return {
    broadcast_id: broadcastId,
    submit_time: calendar.format(submittedAt, style),
    text: speech.text,
    cancel_time: cancelledAt === null ? null : calendar.format(cancelledAt, style),
  };
}

function object(properties: Readonly<Record<string, JsonSchema>>, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return { type: "object", properties: { ...properties, ...more }, required: Object.keys(properties), additionalProperties: false };
}

function listCall(broadcasts: Broadcasts): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast/list",
    title: "Broadcasts of the account, newest first",
    fields: { limit: optional(intBetween(1, LIST_LIMIT), LIST_LIMIT), before: optional(id, null) },
    answer: { list: { type: "array", items: object({ ...HEAD, recipients: { type: "integer", minimum: 1 } }), maxItems: LIST_LIMIT } },
    whenDown: 14,
    run: async ({ limit, before }, context) => {
      const list = await broadcasts.list(context.user, { limit, before });
      return { list: list.map((head) => ({ ...headView(head, context), recipients: head.trackerIds.length })) };
    },
  });
}

const RECIPIENT = object(
  {
    tracker_id: id.schema,
    message_id: { type: ["integer", "null"], format: "int32", description: "The message that counts; null: it has none." },
    status: { enum: ["PENDING", "DELIVERED", null] },
    state: { enum: [...MESSAGE_STATES, null] },
    update_time: { type: ["string", "null"] },
    attempts: { type: "integer", minimum: 1, description: "How often it was given the text: 1 and its retries." },
  },
  { reason: { type: "string", description: "Why there is no message, or what the message says." } },
);
const COUNT: JsonSchema = { type: "integer", minimum: 0 };
const COUNTS = object({ total: COUNT, delivered: COUNT, pending: COUNT, failed: COUNT, cancelled: COUNT, not_sent: COUNT, unknown: COUNT });
const STATE = { ...HEAD, counts: COUNTS, recipients: { type: "array", items: RECIPIENT } };

function stateView({ broadcast, standings }: BroadcastState, context: ReadingContext): Answer {
  const { "not-sent": not_sent, ...counts } = tally(standings);
  return {
    ...headView(broadcast, context),
    counts: { total: standings.length, ...counts, not_sent },
    recipients: standings.map((standing) => recipientView(standing, context)),
  };
}

function recipientView({ trackerId, messageId, message, rounds, reason }: Standing, context: ReadingContext): object {
  const { status, state, update_time } = message === null ? NO_MESSAGE : messageView(message, context);
  const more = reason === null ? {} : { reason };
  return { tracker_id: trackerId, message_id: messageId, status, state, update_time, attempts: rounds, ...more };
}

const NO_MESSAGE = { status: null, state: null, update_time: null };

function readCall(broadcasts: Broadcasts): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast/read",
    title: "What became of a broadcast, recipient by recipient",
    fields: { broadcast_id: required(id) },
    answer: STATE,
    refusals: [201],
    whenDown: 14,
    run: async ({ broadcast_id }, context) => stateView(await broadcasts.read(context.user, broadcast_id), context),
  });
}

function retryCall(broadcasts: Broadcasts): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast/retry",
    title: "Send a broadcast once more to those whom it did not reach",
    fields: { broadcast_id: required(id), cancelled: optional(flag, false) },
    answer: BROADCAST_ANSWER,
    refusals: [201],
    whenDown: 8,
    run: async ({ broadcast_id, cancelled }, { user }) => broadcastAnswer(await broadcasts.retry(user, broadcast_id, cancelled)),
  });
}

function cancelCall(broadcasts: Broadcasts): AccountCall {
  return accountCall({
    path: "tracker/chat/broadcast/cancel",
    title: "Withdraw what of a broadcast is still pending",
    fields: { broadcast_id: required(id) },
    answer: { ...STATE, cancelled: { ...IDS, description: "Whose message this call withdrew." } },
    refusals: [201],
    whenDown: 14,
    run: async ({ broadcast_id }, context) => {
      const { withdrawn, ...state } = await broadcasts.cancel(context.user, broadcast_id);
      return { ...stateView(state, context), cancelled: withdrawn };
    },
  });
}
