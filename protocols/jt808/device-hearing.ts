/** What a message of the platform means to the device. Throws LayoutError on bodies that do not fit. */
import { decodeText } from "../../src/core/index.ts";
import type { Packet } from "./header.ts";
import {
  BYTE_AND_TEXT,
  EVENT_LIST,
  type EventListBody,
  QUESTION,
  type QuestionBody,
  REGISTERED,
  RESEND,
  RESPONSE,
  TEXT_2019,
} from "./layout.ts";
import { ID, RESULT } from "./messages.ts";
import type { Edition } from "./profile.ts";

export type Heard =
  | { readonly type: "registered"; readonly serial: number; readonly result: number; readonly code: string }
  | { readonly type: "answered"; readonly serial: number; readonly id: number; readonly result: number }
  /** The platform misses fragments, counted from 1, of the message that began with this serial. */
  | { readonly type: "again"; readonly serial: number; readonly indexes: readonly number[] }
  /** `answers` is null unless it is a question. */
  | { readonly type: "text"; readonly text: Buffer; readonly answers: QuestionBody["answers"] | null }
  | { readonly type: "events"; readonly list: EventListBody }
  /** To be answered with 0x0001 and this result. */
  | { readonly type: "order"; readonly result: number }
  | { readonly type: "silent" };

export function hear({ header, body }: Packet, edition: Edition): Heard {
  switch (header.id) {
    case ID.registered: {
      const { serial, result, code } = REGISTERED.read(body);
      return { type: "registered", serial, result, code: decodeText(code, "gbk").text };
    }
    case ID.platformResponse:
      return { type: "answered", ...RESPONSE.read(body) };
    case ID.resendUp:
      return { type: "again", ...RESEND[header.address.form].read(body) };
    case ID.text:
      return { type: "text", text: edition === "2019" ? TEXT_2019.read(body).text : BYTE_AND_TEXT.read(body).text, answers: null };
    case ID.question: {
      const { text, answers } = QUESTION.read(body);
      return { type: "text", text, answers };
    }
    case ID.events:
      return { type: "events", list: EVENT_LIST[edition].read(body) };
    case ID.time:
    case ID.vendorTime:
    case ID.mediaReceived:
      return { type: "silent" };
    default:
      return { type: "order", result: UNDERSTOOD.has(header.id) ? RESULT.ok : RESULT.unsupported };
  }
}

const UNDERSTOOD: ReadonlySet<number> = new Set([ID.linkTest, ID.menus, ID.information]);
