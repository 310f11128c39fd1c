/** A message as the API shows it: the documented seven fields, and ours only where they say something. */
import { MESSAGE_STATES, type Message, type MessageState, statusOf } from "../chat/message.ts";
import type { JsonSchema, ReadingContext } from "./kinds.ts";

export interface MessageView {
  readonly id: number;
  readonly submit_time: string;
  readonly update_time: string | null;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
  readonly employee_id: number | null;
  /** What `status` folds. */
  readonly state: MessageState;
  readonly reason?: string;
  /** Of a question. */
  readonly choices?: readonly string[];
  /** Some characters went out as '?'. */
  readonly altered?: true;
  /** What vouches for DELIVERED. */
  readonly receipt?: "device" | "implied";
  /** Of an INCOMING text: the OUTGOING message it answers. */
  readonly answers?: number;
}

export const MESSAGE_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "integer", format: "int32" },
    submit_time: { type: "string" },
    update_time: { type: ["string", "null"], description: "When the device acknowledged an OUTGOING message." },
    text: { type: "string" },
    type: { enum: ["INCOMING", "OUTGOING"] },
    status: { enum: ["PENDING", "DELIVERED"], description: "OUTGOING: acknowledged by the device. INCOMING: marked as read." },
    employee_id: { type: ["integer", "null"], format: "int32" },
    state: { enum: MESSAGE_STATES, description: "Extension: where the text is. INCOMING: unread or marked-read." },
    reason: { type: "string", description: "Extension: why it was rejected, or what it was cancelled for." },
    choices: { type: "array", items: { type: "string" }, description: "Extension: what its driver may choose from." },
    altered: { const: true, description: "Extension: the device's charset lacks some characters; they went out as '?'." },
    receipt: { enum: ["device", "implied"], description: "Extension, DELIVERED only: what vouches for it." },
    answers: { type: "integer", format: "int32", description: "Extension, INCOMING only: the message that this text answers." },
  },
  required: ["id", "submit_time", "update_time", "text", "type", "status", "employee_id", "state"],
  additionalProperties: false,
};

export function messageView(message: Message, { calendar, style }: ReadingContext): MessageView {
  const { id, submittedAt, updatedAt, text, direction, employeeId, state, reason, choices, receipt, answers } = message;
  const status = statusOf(message);
  return {
    id,
    submit_time: calendar.format(submittedAt, style),
    update_time: updatedAt === null || direction === "INCOMING" ? null : calendar.format(updatedAt, style),
    text,
    type: direction,
    status,
    employee_id: employeeId,
    state,
    ...(reason === null ? {} : { reason }),
    ...(choices === undefined ? {} : { choices }),
    ...(message.altered ? { altered: true } : {}),
    ...(receipt !== null && status === "DELIVERED" ? { receipt } : {}),
    ...(answers === null ? {} : { answers }),
  };
}
