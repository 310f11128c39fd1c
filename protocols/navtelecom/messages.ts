/** The messages of both directions as bytes, their bodies as layouts, and what their result codes mean (NAV 6.1). */
import { layout, type Parser } from "../../src/core/index.ts";
import { fields, sealFlex } from "./wire.ts";

/** `index` of a text that has none. */
export const NO_INDEX = 0xffffffff;
/** The driver must confirm the text. */
export const CONFIRM = 0x21;
/** Any other value means no; a space is visible in a dump. */
export const NO_CONFIRM = 0x20;

/** A text for the driver's display. */
export interface DisplayText {
  readonly index: number;
  readonly confirm: number;
  /** CP1251, without NUL. */
  readonly text: Buffer;
}

export interface FlexOffer {
  readonly protocol: number;
  readonly structure: number;
  readonly count: number;
  readonly mask: Buffer;
}

export interface SerialData {
  readonly port: number;
  readonly data: Buffer;
}

/** `*>FLEX B0 protocol structure count mask`, from B0 on; the mask must be as long as the count says. */
export const OFFER = layout<FlexOffer>(
  "*>FLEX",
  fields()
    .uint8("kind", { assert: 0xb0 })
    .uint8("protocol")
    .uint8("structure")
    .uint8("count")
    .buffer("mask", {
      length(this: FlexOffer) {
        return Math.ceil(this.count / 8);
      },
    }),
);
/** `*<FLEX B0 protocol structure`, from B0 on. */
export const AGREED = layout<{ readonly protocol: number; readonly structure: number }>(
  "*<FLEX",
  fields().uint8("kind", { assert: 0xb0 }).uint8("protocol").uint8("structure"),
);
/** `~P 7F port len data`, without its CRC. */
export const SERIAL_DATA = layout<SerialData>("~P", prefix(3).uint8("port").uint16("length").buffer("data", { length: "length" }));
/** `~O 82 00 index confirm len text`, without its CRC. */
export const DISPLAY = layout<DisplayText>(
  "~O",
  prefix(4).uint32("index").uint8("confirm").uint8("length").buffer("text", { length: "length" }),
);
/** `*!DV index confirm text`, behind `*!DV`. */
export const NTCB_DISPLAY = layout<DisplayText>("*!DV", fields().uint32("index").uint8("confirm"), "text");

/** `~A`, `~E`: how many were taken. */
export function countAck(letter: "A" | "E", count: number): Buffer {
  return sealFlex(Buffer.from([0x7e, letter.charCodeAt(0), count]));
}

/** `~T`, `~X`, and on request `~C`: which one was taken. */
export function indexAck(letter: "T" | "X" | "C", index: number): Buffer {
  const content = Buffer.from([0x7e, letter.charCodeAt(0), 0, 0, 0, 0]);
  content.writeUInt32LE(index, 2);
  return sealFlex(content);
}

/** `~C`, as documented. */
export function currentAck(): Buffer {
  return sealFlex(Buffer.from("~C"));
}

export function flexText({ index, confirm, text }: DisplayText): Buffer {
  const content = Buffer.from([0x7e, 0x4f, 0x82, 0x00, 0, 0, 0, 0, confirm, text.length]);
  content.writeUInt32LE(index, 4);
  return sealFlex(Buffer.concat([content, text]));
}

/** Data of an NTCB frame. */
export function ntcbText({ index, confirm, text }: DisplayText): Buffer {
  const head = Buffer.from("*!DV\0\0\0\0\0", "latin1");
  head.writeUInt32LE(index, 4);
  head.writeUInt8(confirm, 8);
  return Buffer.concat([head, text]);
}

/** `~P`: at most 512 bytes. */
export function serialData({ port, data }: SerialData): Buffer {
  const content = Buffer.from([0x7e, 0x50, 0x7f, port, 0, 0]);
  content.writeUInt16LE(data.length, 4);
  return sealFlex(Buffer.concat([content, data]));
}

/** `~M`: the data of a `~P` was taken. */
export function serialTaken(port: number): Buffer {
  return sealFlex(Buffer.from([0x7e, 0x4d, 0x7f, port]));
}

/** `~R`: the display took the text. */
export function displayTook(): Buffer {
  return sealFlex(Buffer.from([0x7e, 0x52, 0x82, 0x00]));
}

/** `~F`: it did not, or not all of it. */
export function displayFailed(result: number): Buffer {
  return sealFlex(Buffer.from([0x7e, 0x46, 0x82, 0x00, result]));
}

/** Results of `~F` and `*@DV`. */
export const DISPLAY_RESULT = { truncated: 0x01, busy: 0x10, empty: 0x20, notConfigured: 0x30, notConnected: 0x31 } as const;

/** Results of `~S`. */
export const SERIAL_OK = 0x31;
export const SERIAL_BUSY = 0x35;

export function displayWords(result: number): string {
  return DISPLAY_WORDS.get(result) ?? "unknown result";
}

export function serialWords(result: number): string {
  return SERIAL_WORDS.get(result) ?? "unknown result";
}

export function portName(port: number): string {
  return ["USB", "RS232", "RS485"][port] ?? `port ${port}`;
}

/** Driver statuses of field 104, as the display offers them. */
export const STATUS_TEXTS: readonly string[] = [
  ...["unknown", "on call", "on trip", "free", "waiting", "returning", "reserve", "at work", "break"],
  ...["ready", "lunch", "rest", "repair", "loading", "unloading", "breakdown", "accident"],
];

const DISPLAY_WORDS: ReadonlyMap<number, string> = new Map([
  [DISPLAY_RESULT.truncated, "shown, but truncated"],
  [DISPLAY_RESULT.busy, "busy: the previous text was not handed to the display yet"],
  [DISPLAY_RESULT.empty, "the text is empty"],
  [DISPLAY_RESULT.notConfigured, "not configured for a display"],
  [DISPLAY_RESULT.notConnected, "the display is not connected"],
]);

const SERIAL_WORDS: ReadonlyMap<number, string> = new Map([
  [0x30, "ok"],
  [0x31, "ok"],
  [0x33, "the port is not connected"],
  [0x34, "receive error"],
  [0x35, "busy"],
]);

/** "~", letter and code were checked by the framer. */
function prefix(bytes: number): Parser {
  return fields().buffer("head", { length: bytes });
}
