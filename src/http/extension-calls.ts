/** The calls under `tracker/chat` that the contract does not list: what became of a text, and what a device can do. */
import type { Extensions, Roster, TrackerCapabilities } from "../chat/extensions.ts";
import type { MessageState } from "../chat/message.ts";
import type { TimelineEntry } from "../chat/timeline.ts";
import { type AccountCall, type Answer, accountCall } from "./call.ts";
import { optional, required } from "./fields.ts";
import { chatText, id, ids, type JsonSchema, type ReadingContext } from "./kinds.ts";
import { MESSAGE_SCHEMA, messageView } from "./message-view.ts";

export function extensionCalls(extensions: Extensions): readonly AccountCall[] {
  return [rosterCall(extensions), timelineCall(extensions), cancelCall(extensions), capabilitiesCall(extensions)];
}

const NOTHING: Answer = {};

const ROSTER_ENTRY: JsonSchema = {
  type: "object",
  properties: {
    tracker_id: id.schema,
    online: { type: "boolean" },
    since: { type: ["string", "null"], description: "When the device was last seen to come or go." },
    protocol: { type: ["string", "null"] },
    unread: { type: "integer", minimum: 0 },
    pending: { type: "integer", minimum: 0, description: "Texts in its outbox." },
    last: { anyOf: [MESSAGE_SCHEMA, { type: "null" }] },
  },
  required: ["tracker_id", "online", "since", "protocol", "unread", "pending", "last"],
  additionalProperties: false,
};

function rosterCall(extensions: Extensions): AccountCall {
  return accountCall({
    path: "tracker/chat/roster",
    title: "What a list of trackers shows of each, and from where live events go on from it",
    fields: { trackers: optional(ids, null) },
    answer: { event_id: { type: "string" }, list: { type: "array", items: ROSTER_ENTRY } },
    refusals: [217, 221],
    whenDown: 14,
    run: async ({ trackers }, context) => {
      const { eventId, list } = await extensions.roster(context.user, trackers);
      return { event_id: eventId, list: list.map((entry) => rosterView(entry, context)) };
    },
  });
}

function rosterView(entry: Roster["list"][number], context: ReadingContext): object {
  const { trackerId, online, since, protocol, unread, pending, last } = entry;
  return {
    tracker_id: trackerId,
    online,
    since: since === null ? null : context.calendar.format(since, context.style),
    protocol,
    unread,
    pending,
    last: last === null ? null : messageView(last, context),
  };
}

const ENTRY: JsonSchema = {
  type: "object",
  properties: {
    time: { type: "string" },
    state: { type: "string", description: "Since then; with a frame the state at that time." },
    node: { type: "string", description: "Where the device's line was that brought it about." },
    attempt: { type: "integer", minimum: 1, description: "Which delivery, from 1." },
    reason: { type: "string" },
    frame: {
      type: "object",
      properties: { direction: { enum: ["down", "up"] }, hex: { type: "string" } },
      required: ["direction", "hex"],
      additionalProperties: false,
    },
  },
  required: ["time", "state"],
  additionalProperties: false,
};

function timelineCall(extensions: Extensions): AccountCall {
  return accountCall({
    path: "tracker/chat/message/timeline",
    title: "What happened to a message, step by step",
    fields: { message_id: required(id) },
    answer: { message_id: id.schema, timeline: { type: "array", items: ENTRY } },
    refusals: [201],
    whenDown: 14,
    run: async ({ message_id }, context) => {
      const entries = await extensions.timeline(context.user, message_id);
      return { message_id, timeline: timelineView(entries, context) };
    },
  });
}

function timelineView(entries: readonly TimelineEntry[], { calendar, style }: ReadingContext): readonly object[] {
  let state: MessageState | null = null;
  return entries.map((entry) => {
    const time = calendar.format(entry.at, style);
    if (entry.type === "frame") return { time, state, frame: { direction: entry.direction, hex: entry.bytes.toString("hex") } };
    state = entry.state;
    const { node, attempt, reason } = entry;
    return { time, state, ...(node ? { node } : {}), ...(attempt ? { attempt } : {}), ...(reason ? { reason } : {}) };
  });
}

function cancelCall(extensions: Extensions): AccountCall {
  return accountCall({
    path: "tracker/chat/message/cancel",
    title: "Withdraw a message that is still pending",
    fields: { message_id: required(id) },
    answer: {},
    refusals: [13, 201],
    whenDown: 14,
    run: async ({ message_id }, { user }) => {
      await extensions.cancel(user, message_id);
      return NOTHING;
    },
  });
}

function nullable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: "null" }] };
}

const CAPABILITIES: JsonSchema = {
  type: "object",
  properties: {
    protocol: nullable({ type: "string" }),
    text_down: nullable({ enum: ["chat", "console", "none"] }),
    text_up: nullable({ type: "boolean" }),
    receipt: nullable({ enum: ["by-tag", "in-order", "none"] }),
    read: nullable({ type: "boolean", description: "The device reports that the driver read a text." }),
    choices: nullable({ type: "boolean", description: "It has questions of its own; else choices go out as numbered lines." }),
    charset: nullable({ type: "string" }),
    bytes_per_part: nullable({ type: "integer" }),
    window: nullable({ type: "integer", description: "Texts that may be unacknowledged at once." }),
    parts: nullable({ type: "integer" }),
    lost: nullable({ type: "array", items: { type: "string" }, description: "Characters that would go out as '?'." }),
    sendable: nullable({ type: "boolean" }),
  },
  required: ["protocol", "text_down", "text_up", "receipt", "read", "choices", "charset", "bytes_per_part", "window"],
  additionalProperties: false,
};

function capabilitiesCall(extensions: Extensions): AccountCall {
  return accountCall({
    path: "tracker/chat/capabilities",
    title: "What a tracker's device can do for a chat, and how a text would go out",
    fields: { tracker_id: required(id), message: optional(chatText, null) },
    answer: { value: CAPABILITIES },
    refusals: [201, 208, 236],
    whenDown: 14,
    run: ({ tracker_id, message }, { user }) => {
      const capabilities = extensions.capabilities(user, tracker_id, message);
      return Promise.resolve({ value: { ...deviceView(capabilities), ...(message === null ? {} : textView(capabilities)) } });
    },
  });
}

function deviceView({ protocol, device }: TrackerCapabilities): object {
  return {
    protocol,
    text_down: device?.textDown ?? null,
    text_up: device?.textUp ?? null,
    receipt: device?.receipts ?? null,
    read: device?.read ?? null,
    choices: device?.choices ?? null,
    charset: device?.charset ?? null,
    bytes_per_part: device?.bytesPerPart ?? null,
    window: device?.window ?? null,
  };
}

function textView({ text }: TrackerCapabilities): object {
  return { parts: text?.parts ?? null, lost: text?.lost ?? null, sendable: text?.sendable ?? null };
}
