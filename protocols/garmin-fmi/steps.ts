/** An order as packets: which text message the unit takes, and what answers each packet. */
import { type CharsetName, encodeText, numberedText, type Order, type Preview, type SplitText, splitText } from "../../src/core/index.ts";
import type { InnerSettings } from "../carried/profile.ts";
import { attachBody, longTextBodies, openTextBody, responseBody, type TextFields, textBody } from "./bodies.ts";
import { ID } from "./layout.ts";
import { MAX_CHOICES, messageId, responseId } from "./message-id.ts";
import { fmiFrame } from "./wire.ts";

/** A text field of 200 bytes less its NUL. */
const MAX_TEXT_BYTES = 199;
/** A611: 2000 less the NUL. */
const MAX_LONG_TEXT_BYTES = 1999;
/** A canned response of 50 less the NUL. */
const MAX_CHOICE_BYTES = 49;

export type Level = "a602" | "a604" | "a611";

export interface Step {
  readonly frame: Buffer;
  /** What answers it, see `keyOf`; null: nothing but the link. */
  readonly key: string | null;
}

/** One part of an order. The last step carries the text itself. */
export interface Message {
  readonly id: string;
  readonly steps: readonly [Step, ...Step[]];
}

export interface Speech {
  readonly settings: InnerSettings;
  readonly level: Level;
  readonly charset: CharsetName;
  /** See `fmiTime`. */
  readonly time: number;
}

export interface Spoken {
  readonly messages: readonly Message[];
  readonly altered: boolean;
  readonly empty: boolean;
}

/** Names the answer that is awaited: its FMI id and what it is about. */
export function keyOf(fmi: number, about: string | number): string {
  return `${fmi.toString(16)}:${about}`;
}

export function messagesOf(order: Order, speech: Speech): Spoken {
  if (order.type === "question") {
    const asked = question(order, speech);
    if (asked !== null) return asked;
  }
  const words = order.type === "question" ? numberedText(order.text, order.choices) : order.text;
  const { parts, lost, empty } = split(words, speech);
  const messages = parts.map((text, index): Message => {
    const id = messageId(order.tag + index, text.toString("latin1"));
    return { id, steps: textSteps({ id, time: speech.time, now: atOnce(order, speech.settings), text }, speech.level) };
  });
  return { messages, altered: lost.length > 0, empty };
}

export function previewText(text: string, settings: InnerSettings): Preview {
  const charset = settings.fmiUnicode === "off" ? "ascii" : "utf8";
  const level = settings.fmiLevel === "auto" ? "a604" : settings.fmiLevel;
  const { parts, lost, empty } = split(text, { settings, level, charset });
  return { charset, bytesPerPart: limitOf(settings, level), parts: parts.length, lost, empty };
}

function split(text: string, { settings, level, charset }: Omit<Speech, "time">): SplitText {
  return splitText(text.replaceAll("\0", " "), charset, limitOf(settings, level));
}

function limitOf(settings: InnerSettings, level: Level): number {
  return level === "a611" ? MAX_LONG_TEXT_BYTES : Math.min(settings.maxBytes, MAX_TEXT_BYTES);
}

function atOnce(order: Order, { fmiShow }: InnerSettings): boolean {
  return fmiShow === "auto" ? order.urgent : fmiShow === "now";
}

function textSteps(fields: TextFields, level: Level): readonly [Step, ...Step[]] {
  if (level === "a602") return [{ frame: fmiFrame(ID.openText, openTextBody(fields.time, fields.text)), key: null }];
  if (fields.text.length <= MAX_TEXT_BYTES) return [{ frame: fmiFrame(ID.text, textBody(fields)), key: keyOf(ID.textReceipt, fields.id) }];
  const step = (body: Buffer, sequence: number): Step => ({
    frame: fmiFrame(ID.longText, body),
    key: keyOf(ID.longTextReceipt, `${fields.id}:${sequence}`),
  });
  const [first, ...rest] = longTextBodies(fields);
  return [step(first, 0), ...rest.map((body, index) => step(body, index + 1))];
}

/** The answers are stored in the unit, then named to it, then the text follows. Null: it must go as numbered text. */
function question(order: Extract<Order, { type: "question" }>, speech: Speech): Spoken | null {
  const { settings, level, charset, time } = speech;
  if (level === "a602" || !settings.fmiChoices || order.choices.length > MAX_CHOICES) return null;
  const { parts, lost, empty } = split(order.text, speech);
  const choices = order.choices.map((choice) => encodeText(choice.replaceAll("\0", " "), charset));
  const [text] = parts;
  if (text === undefined || parts.length > 1 || empty || text.length > MAX_TEXT_BYTES) return null;
  if (choices.some(({ bytes }) => bytes.length > MAX_CHOICE_BYTES || bytes.length === 0)) return null;
  const id = messageId(order.tag, [order.text, ...order.choices].join("\n"));
  const ids = choices.map((_, choice) => responseId(id, choice));
  const stored = choices.map(({ bytes }, choice): Step => {
    const response = ids[choice] ?? 0;
    return { frame: fmiFrame(ID.setResponse, responseBody(response, bytes)), key: keyOf(ID.responseSet, response) };
  });
  const attach: Step = { frame: fmiFrame(ID.attach, attachBody(id, ids)), key: keyOf(ID.attached, id) };
  const [first = attach, ...rest] = [...stored, attach];
  const steps = [first, ...rest, ...textSteps({ id, time, now: atOnce(order, settings), text }, "a604")] as const;
  return { messages: [{ id, steps }], altered: lost.length > 0 || choices.some((choice) => choice.lost.length > 0), empty: false };
}
