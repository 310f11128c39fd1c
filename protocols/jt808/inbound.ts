/** What each message of a device means, and what must be answered to it. One small function a message. */
import {
  type CharsetName,
  crc16Arc,
  type DeviceEvent,
  decodeText,
  LayoutError,
  type Reading,
  type Verdict,
  withoutTail,
} from "../../src/core/index.ts";
import type { Header } from "./header.ts";
import { ANSWER, BYTE_AND_TEXT, EVENT, MEDIA, POSITION, RESPONSE, readAuth, TEXT_RESULT, WAYBILL } from "./layout.ts";
import { hex4, ID, mediaReceivedBody, RESULT, resultWords, tagOf, timeBody, vendorTimeBody } from "./messages.ts";
import { choiceOf } from "./orders.ts";
import { type Edition, type Settings, wideCharset } from "./profile.ts";
import { registerReply } from "./register.ts";

/** One whole message of the device, and the means to answer it. */
export interface Inbound {
  readonly header: Header;
  readonly body: Buffer;
  /** Serial of the first fragment, or of the frame. */
  readonly serial: number;
  readonly key: string;
  readonly edition: Edition;
  readonly settings: Settings;
  /** Milliseconds since 1970; null: there is no clock. */
  readonly now: number | null;
  /** The one answer to this message; its serial is taken with the first call and stays. */
  say(id: number, body: Buffer): Buffer;
  /** The same, as 0x8001. */
  ack(result: number): Buffer;
  /** The answer names a question whose acceptance we have not heard of yet. */
  unheard(tag: string): boolean;
}

/** Reads a message; a body that does not fit is `bad` and answered with result 2. Never throws. */
export function readMessage(message: Inbound): Reading {
  const handler = HANDLERS.get(message.header.id);
  if (handler === undefined) return alive(message, message.settings.unknown === "ok" ? RESULT.ok : RESULT.unsupported);
  try {
    return handler(message);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return refuse(message, error.message, RESULT.badMessage);
  }
}

/** A `bad` reading; an acknowledgement is never acknowledged. */
export function refuse(message: Pick<Inbound, "header" | "ack">, reason: string, result: number): Reading {
  const events: DeviceEvent[] = [{ type: "bad", reason }];
  return message.header.id === ID.deviceResponse ? { events } : { events, reply: message.ack(result) };
}

function alive(message: Inbound, result: number = RESULT.ok): Reading {
  return { events: [{ type: "alive" }], reply: message.ack(result) };
}

type Handler = (message: Inbound) => Reading;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [ID.deviceResponse, response],
  [ID.heartbeat, alive],
  [ID.deregister, (message) => ({ events: [{ type: "bye" }], reply: message.ack(RESULT.ok) })],
  [ID.timeQuery, (message) => time(message, ID.time, timeBody)],
  [ID.vendorTimeQuery, (message) => time(message, ID.vendorTime, vendorTimeBody)],
  // Texts go down unfragmented, so there is nothing to send again.
  [ID.resendDown, alive],
  [ID.register, (message) => ({ events: [hello(message, "register", null)], reply: registerReply(message) })],
  [ID.auth, authenticate],
  [ID.position, position],
  [ID.event, event],
  [ID.answer, answer],
  [ID.menu, alive],
  [ID.waybill, waybill],
  [ID.driverCard, alive],
  [ID.positions, alive],
  [ID.canData, alive],
  [ID.mediaEvent, alive],
  [ID.media, media],
  [ID.transparentUp, transparent],
  [ID.compressed, alive],
  [ID.textResult, textResult],
  [ID.vendorText, vendorText],
]);

/** 0x0001 (7.1 of 2011, 8.1 of 2013 and 2019): the receipt of what we sent. 4 says "alarm handled", which is no refusal. */
function response({ body }: Inbound): Reading {
  const { serial, id, result } = RESPONSE.read(body);
  if (id !== ID.text && id !== ID.question) return { events: [{ type: "alive" }] };
  const tag = tagOf(id, serial);
  if (result === RESULT.ok || result === RESULT.alarmHandled) return { events: [{ type: "receipt", tag, outcome: "accepted" }] };
  return { events: [{ type: "receipt", tag, outcome: "rejected", reason: resultWords(result) }] };
}

/** A code that comes with NULs behind it is the code without them. */
function authenticate(message: Inbound): Reading {
  const { code } = readAuth(message.body, message.header.address.form);
  const password = decodeText(withoutNuls(code), "gbk").text;
  const reply = (verdict: Verdict): Buffer => message.ack(verdict.type === "accepted" ? RESULT.ok : RESULT.failed);
  return { events: [hello(message, "login", password)], reply };
}

function hello({ key }: Inbound, scope: "login" | "register", password: string | null): DeviceEvent {
  return { type: "hello", scope, key, password };
}

/** Positions are not stored; whether the vehicle drives may hold texts back. A body that does not fit is answered all the same. */
function position(message: Inbound): Reading {
  if (message.body.length < POSITION_BYTES) return alive(message);
  const { status, speed } = POSITION.read(message.body);
  const moving: DeviceEvent = { type: "status", speedKmh: speed / 10, ignition: (status & 1) === 1 };
  return { events: [moving], reply: message.ack(RESULT.ok) };
}

function time(message: Inbound, id: number, body: (epochMs: number) => Buffer): Reading {
  if (message.now === null) return alive(message, RESULT.unsupported);
  return { events: [{ type: "alive" }], reply: message.say(id, body(message.now)) };
}

function event(message: Inbound): Reading {
  const choice = EVENT.read(message.body).event;
  const words = message.settings.quickReplies[choice - 1];
  const serial = textKey(message);
  const said: DeviceEvent = words === undefined ? { type: "answer", tag: null, choice, serial } : { type: "text", text: words, serial };
  return { events: [said], reply: whenStored(message) };
}

/** An answer implies that the question arrived, for devices that send no 0x0001 (the EMQX test device). */
function answer(message: Inbound): Reading {
  const body = ANSWER.read(message.body);
  const tag = tagOf(ID.question, body.serial);
  const choice = choiceOf(body.answer);
  if (choice === null) return refuse(message, "answer id of at least 1 expected, came 0", RESULT.badMessage);
  const events: DeviceEvent[] = [{ type: "answer", tag, choice, serial: textKey(message) }];
  if (message.unheard(tag)) events.unshift({ type: "receipt", tag, outcome: "accepted" });
  return { events, reply: whenStored(message) };
}

/** 0x6006 (BSJ, AIP): the encoding byte is 0 for GBK, 1 for UTF-16 in an order that nobody names; a tracker's `upCharset` overrules it. */
function vendorText(message: Inbound): Reading {
  const { first, text } = BYTE_AND_TEXT.read(message.body);
  const { upCharset, charset } = message.settings;
  const byEncoding = first === 1 ? wideCharset(message.settings) : charset === "utf8" ? "utf8" : "gbk";
  return spoken(message, text, upCharset === "auto" ? byEncoding : upCharset);
}

/** 0x1300 (Xchinchun): the device's words about the 0x8300 whose serial it names. */
function textResult(message: Inbound): Reading {
  const { serial, text } = TEXT_RESULT.read(message.body);
  return spoken(message, text, "utf16be", tagOf(ID.text, serial));
}

/** 0x0900: only the types that the tracker's profile names carry texts. */
function transparent(message: Inbound): Reading {
  const { first, text } = BYTE_AND_TEXT.read(message.body);
  const { transparentTypes, upCharset, charset } = message.settings;
  if (!transparentTypes.includes(first)) return alive(message);
  return spoken(message, message.edition === "2011" ? without2011Lengths(text) : text, upCharset === "auto" ? charset : upCharset);
}

/** 0x0701 is a waybill by the standard; AOVX devices put an ASCII command result there. */
function waybill(message: Inbound): Reading {
  if (!message.settings.waybillText) return alive(message);
  return spoken(message, WAYBILL.read(message.body).text, "ascii");
}

function media(message: Inbound): Reading {
  const { mediaId } = MEDIA.read(message.body);
  return { events: [{ type: "alive" }], reply: message.say(ID.mediaReceived, mediaReceivedBody(mediaId, [])) };
}

function spoken(message: Inbound, bytes: Buffer, charset: CharsetName, answers?: string): Reading {
  const wide = charset === "utf16be" || charset === "utf16le";
  const { text, lossy } = decodeText(wide ? bytes : withoutNuls(bytes), charset);
  const said = { type: "text", text: withoutTail(text, "\0"), serial: textKey(message), lossy } as const;
  return { events: [answers === undefined ? said : { ...said, answers }], reply: whenStored(message) };
}

/** What could not be stored is not answered: its answer must not use up a serial. */
function whenStored(message: Inbound): () => Buffer {
  return () => message.ack(RESULT.ok);
}

/**
 * De-duplication key: message id and serial, and a check of the content, because serials start anew with the device:
 * a re-send repeats all three, another text under the same serial does not.
 */
function textKey({ header, serial, body }: Inbound): string {
  return `${hex4(header.id)}:${serial}:${hex4(crc16Arc(body))}`;
}

/** JT/T 808-2011, 0x0900: total length u32 and part length u16 stand before the content. */
function without2011Lengths(bytes: Buffer): Buffer {
  const whole = bytes.length >= 6 && bytes.readUInt16BE(4) === bytes.length - 6;
  return whole ? bytes.subarray(6) : bytes;
}

function withoutNuls(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

const POSITION_BYTES = 28;
