/** Live events as the API shows them, and as the text of an event stream (WHATWG HTML, 9.2). */
import type { ChatEvent, EventBatch, EventId } from "../chat/events.ts";
import { MESSAGE_STATES, type Message } from "../chat/message.ts";
import type { JsonSchema, ReadingContext } from "./kinds.ts";
import { MESSAGE_SCHEMA, messageView } from "./message-view.ts";

/** What a client waits before it comes back, in milliseconds. */
const RETRY_MS = 2_000;

/** The names of events, and the schema of each one's data. */
export const EVENT_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  hello: object({ event_id: { type: "string" } }),
  reset: object({ reason: { enum: ["too-old", "lost"] } }),
  message: object({ tracker_id: int32(), message: MESSAGE_SCHEMA }),
  status: object(
    {
      tracker_id: int32(),
      message_id: int32(),
      status: { enum: ["PENDING", "DELIVERED"] },
      state: { enum: MESSAGE_STATES },
      update_time: { type: ["string", "null"] },
    },
    { reason: { type: "string" }, receipt: { enum: ["device", "implied"] }, altered: { const: true } },
  ),
  unread: object({ tracker_id: int32(), unread: { type: "integer", minimum: 0 } }),
  presence: object({ tracker_id: int32(), online: { type: "boolean" }, time: { type: "string" }, protocol: { type: ["string", "null"] } }),
  bye: object({ reason: { enum: ["session-ended", "drain"] } }),
};

export const HEARTBEAT = ":\n\n";

/** How a stream begins. The place goes last: whoever is cut before it comes back to where it was. */
export function openingText(from: EventId, isReset: boolean): string {
  const reset = isReset ? eventText("reset", { reason: "too-old" }) : "";
  return `retry: ${RETRY_MS}\n\n${reset}${eventText("hello", { event_id: from }, from)}`;
}

export function byeText(reason: string): string {
  return eventText("bye", { reason });
}

/** Only the last event of a batch bears its place: whoever is cut within it hears it once more. */
export function batchesText(batches: readonly EventBatch[], context: ReadingContext): string {
  return batches
    .map(({ id, events }) => events.map((event, at) => textOf(eventView(event, context), at === events.length - 1 ? id : null)).join(""))
    .join("");
}

/** An event by its name, with the data that `EVENT_SCHEMAS` has for it. */
export function eventView(event: ChatEvent, context: ReadingContext): { readonly name: string; readonly data: object } {
  const { trackerId: tracker_id } = event;
  switch (event.type) {
    case "message":
      return { name: "message", data: { tracker_id, message: messageView(event.message, context) } };
    case "status":
      return { name: "status", data: { tracker_id, ...statusView(event.message, context) } };
    case "unread":
      return { name: "unread", data: { tracker_id, unread: event.unread } };
    case "presence": {
      const time = context.calendar.format(event.at, context.style);
      return { name: "presence", data: { tracker_id, online: event.online, time, protocol: event.protocol } };
    }
    case "lost":
      return { name: "reset", data: { reason: "lost" } };
  }
}

function statusView(message: Message, context: ReadingContext): object {
  const { id: message_id, status, state, update_time, reason, receipt, altered } = messageView(message, context);
  return {
    message_id,
    status,
    state,
    update_time,
    ...(reason === undefined ? {} : { reason }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(altered === undefined ? {} : { altered }),
  };
}

function textOf({ name, data }: ReturnType<typeof eventView>, id: EventId | null): string {
  return eventText(name, data, id);
}

/** JSON has no line ends of its own, so that its text is one line. */
function eventText(name: string, data: object, id: EventId | null = null): string {
  return `${id === null ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function int32(): JsonSchema {
  return { type: "integer", format: "int32" };
}

function object(properties: Readonly<Record<string, JsonSchema>>, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return { type: "object", properties: { ...properties, ...more }, required: Object.keys(properties), additionalProperties: false };
}
