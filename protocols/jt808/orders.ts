/** Texts and questions to the device: 0x8300 and 0x8302, never fragmented (JT/T 808-2013, 8.28 and 8.30; 2019, 8.19). */
import {
  type CharsetName,
  type Encoded,
  encodeText,
  numberedText,
  type Order,
  type Preview,
  partsOf,
  previewOf,
  type SplitText,
  splitText,
} from "../../src/core/index.ts";
import { type Address, writeFrame } from "./header.ts";
import { ID, tagOf } from "./messages.ts";
import { type Edition, MAX_TEXT_BYTES, type Settings } from "./profile.ts";
import { MAX_BODY_BYTES } from "./wire.ts";

/** The length of a question is one byte. */
const MAX_QUESTION_BYTES = 255;
/** Answers count from 1 in one byte; a driver's display holds far fewer. */
const MAX_ANSWERS = 32;

/** How the device on this line is spoken to. */
export interface Wire {
  readonly address: Address;
  readonly edition: Edition;
}

export function encodeOrder(order: Order, settings: Settings, wire: Wire): Encoded {
  if (order.type === "text") return texts(order, order.text, settings, wire);
  const question = questionBody(order, settings, wire.edition);
  // For devices without 0x8302, or when the question does not fit one.
  if (question === null) return texts(order, numberedText(order.text, order.choices), settings, wire);
  const part = { bytes: frame(ID.question, order.tag, question.body, wire.address), tag: tagOf(ID.question, order.tag & 0xffff) };
  return { type: "parts", parts: [part], altered: question.altered };
}

export function previewText(text: string, settings: Settings): Preview {
  return previewOf(split(text, settings), { charset: settings.charset, maxBytes: limitOf(settings) });
}

/** The answer ids of a 0x8302 count from 1; choices count from 0. Null: id 0, which was never offered. */
export function choiceOf(answerId: number): number | null {
  return answerId === 0 ? null : answerId - 1;
}

/**
 * The flag byte of 0x8300. Bit 0 alone is "urgent" until 2013 but "service" in 2019, where bits 0-1 are
 * 01 service, 10 urgent, 11 notice. Bit 2: show on the display. Bit 3: read aloud.
 */
function textFlags(urgent: boolean, settings: Settings, edition: Edition): number {
  const own = urgent ? settings.flags?.urgent : settings.flags?.normal;
  if (own !== undefined) return own;
  const base = edition === "2019" ? (urgent ? 0x06 : 0x07) : urgent ? 0x05 : 0x04;
  return base | (settings.tts ? 0x08 : 0);
}

function texts(order: Order, text: string, settings: Settings, wire: Wire): Encoded {
  const flags = textFlags(order.urgent, settings, wire.edition);
  const head = Buffer.from(wire.edition === "2019" ? [flags, settings.textType] : [flags]);
  return partsOf(split(text, settings), `no character of this text exists in ${settings.charset}`, (bytes, index) => {
    const serial = (order.tag + index) & 0xffff;
    return { bytes: frame(ID.text, serial, Buffer.concat([head, bytes]), wire.address), tag: tagOf(ID.text, serial) };
  });
}

function split(text: string, settings: Settings): SplitText {
  return splitText(clean(text), settings.charset, limitOf(settings));
}

/** NUL ends a string on devices that read C strings (AIP). */
function clean(text: string): string {
  return text.replaceAll("\0", " ");
}

/**
 * 0x8301, replacing whatever list the device had (JT/T 808-2013, 8.29; 2011 also counts the items of this packet). What does
 * not fit one body is appended by further messages.
 */
export function eventListBodies(words: readonly string[], charset: CharsetName, edition: Edition): readonly Buffer[] {
  const lists: Buffer[][] = [[]];
  let size = MAX_LIST_HEAD_BYTES;
  for (const [index, word] of words.entries()) {
    const { bytes } = encodeText(clean(word), charset);
    const item = Buffer.concat([Buffer.from([index + 1, bytes.length]), bytes]);
    if (size + item.length > MAX_BODY_BYTES) {
      lists.push([]);
      size = MAX_LIST_HEAD_BYTES;
    }
    lists.at(-1)?.push(item);
    size += item.length;
  }
  return lists.map((items, index) => {
    const counts = edition === "2011" ? [items.length, items.length] : [items.length];
    return Buffer.concat([Buffer.from([index === 0 ? REPLACE : APPEND, ...counts]), ...items]);
  });
}
const REPLACE = 1;
const APPEND = 2;
/** Type, count, and the second count of 2011. */
const MAX_LIST_HEAD_BYTES = 3;

function limitOf(settings: Settings): number {
  const limit = Math.min(settings.maxBytes, MAX_TEXT_BYTES);
  return settings.charset === "utf16be" ? limit - (limit % 2) : limit;
}

function questionBody(
  order: Extract<Order, { type: "question" }>,
  settings: Settings,
  edition: Edition,
): { readonly body: Buffer; readonly altered: boolean } | null {
  if (!(settings.questions ?? edition !== "2019") || order.choices.length > MAX_ANSWERS) return null;
  const question = encodeText(clean(order.text), settings.charset);
  const choices = order.choices.map((choice) => encodeText(clean(choice), settings.charset));
  if (question.bytes.length > MAX_QUESTION_BYTES) return null;
  const flags = settings.questionFlags ?? (order.urgent ? 0x01 : 0) | (settings.tts ? 0x08 : 0);
  const pieces = [Buffer.from([flags, question.bytes.length]), question.bytes];
  for (const [index, choice] of choices.entries()) {
    const head = Buffer.from([index + 1, 0, 0]);
    head.writeUInt16BE(Math.min(choice.bytes.length, 0xffff), 1);
    pieces.push(head, choice.bytes);
  }
  const body = Buffer.concat(pieces);
  if (body.length > Math.min(MAX_BODY_BYTES, settings.maxBytes)) return null;
  return { body, altered: [question, ...choices].some((encoded) => encoded.lost.length > 0) };
}

function frame(id: number, serial: number, body: Buffer, address: Address): Buffer {
  return writeFrame({ id, serial: serial & 0xffff, address, fragment: null }, body);
}
