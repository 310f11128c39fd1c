/** The frames of this protocol: mark, length, type, number, body, check byte; big-endian, the same both ways. */
import { LayoutError, layout, Parser, xor8 } from "../../src/core/index.ts";

export const MARK = 0xc3;
/** Mark and length; the length counts what follows up to the check byte. */
export const HEAD_BYTES = 3;
/** Of the body, with room to spare for the longest text; a longer frame is not followed. */
const MAX_BODY_BYTES = 512;
/** What the length may say: type and number, and the body. */
export const LENGTHS = { least: 3, most: 3 + MAX_BODY_BYTES } as const;

export const TYPE = {
  login: 0x01,
  text: 0x02,
  here: 0x03,
  receipt: 0x04,
  loginAnswer: 0x81,
  order: 0x82,
  taken: 0x83,
} as const;
/** Of a receipt and of a login's answer. */
export const RESULT = { ok: 0, refused: 1, checkByte: 2 } as const;

export interface Message {
  readonly type: number;
  readonly number: number;
  readonly body: Buffer;
}

/** Reads a whole frame; a string says what is wrong with it. */
export function readMessage(frame: Buffer): Message | string {
  const check = checkOf(frame.subarray(0, -1));
  if (frame.at(-1) !== check) return `the check byte: expected ${check}, came ${frame.at(-1)}`;
  try {
    return MESSAGE.read(frame.subarray(0, -1));
  } catch (error) {
    if (error instanceof LayoutError) return error.message;
    throw error;
  }
}

export function writeMessage(type: number, number: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES + LENGTHS.least);
  head.writeUInt8(MARK, 0);
  head.writeUInt16BE(LENGTHS.least + body.length, 1);
  head.writeUInt8(type, 3);
  head.writeUInt16BE(number & 0xffff, 4);
  const content = Buffer.concat([head, body]);
  return Buffer.concat([content, Buffer.of(checkOf(content))]);
}

/** Of all bytes behind the mark. */
function checkOf(content: Buffer): number {
  return xor8(content.subarray(1));
}

const MESSAGE = layout<Message>(
  "message",
  new Parser().endianness("big").uint8("mark").uint16("length").uint8("type").uint16("number"),
  "body",
);
