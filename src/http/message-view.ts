/** A message as the API shows it: the documented seven fields, and ours only where they say something. */
import { type Message, statusOf } from "../chat/message.ts";
import type { JsonSchema, ReadingContext } from "./kinds.ts";

export interface MessageView {
  readonly id: number;
  readonly submit_time: string;
  readonly update_time: string | null;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
  readonly employee_id: number | null;
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
    altered: { const: true, description: "Extension: the device's charset lacks some characters; they went out as '?'." },
    receipt: { enum: ["device", "implied"], description: "Extension, DELIVERED only: what vouches for it." },
    answers: { type: "integer", format: "int32", description: "Extension, INCOMING only: the message that this text answers." },
  },
  required: ["id", "submit_time", "update_time", "text", "type", "status", "employee_id"],
  additionalProperties: false,
};

export function messageView(message: Message, { calendar, style }: ReadingContext): MessageView {
  const { id, submittedAt, updatedAt, text, direction, employeeId, receipt, answers } = message;
  const status = statusOf(message);
  return {
    id,
    submit_time: calendar.format(submittedAt, style),
    update_time: updatedAt === null || direction === "INCOMING" ? null : calendar.format(updatedAt, style),
    text,
    type: direction,
    status,
    employee_id: employeeId,
    ...(message.altered ? { altered: true } : {}),
    ...(receipt !== null && status === "DELIVERED" ? { receipt } : {}),
    ...(answers === null ? {} : { answers }),
  };
}
