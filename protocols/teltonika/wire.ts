/** Frames of Teltonika over TCP: `00000000 | length | body | CRC`, big-endian (FM5300 manual, 9.1 and 9.2). */
import { crc16Arc, layout, Parser } from "../../src/core/index.ts";

/**
 * Bytes of a body. The sources name 512, 1280 or nothing, and a real frame has 899: a generous cap that only keeps
 * false lengths out.
 */
export const MAX_BODY_BYTES = 64 * 1024;
/** Codec id and two counts. */
const MIN_BODY_BYTES = 3;
/** Preamble and length. */
export const HEAD_BYTES = 8;
/** All but the body. */
export const FRAME_OVERHEAD = 12;
/** The login's identity; an IMEI has 15. */
export const MAX_KEY_BYTES = 32;

export const CODEC = { gh3000: 0x07, avl8: 0x08, avl8e: 0x8e, avl16: 0x10, text: 0x0c, timed: 0x0d, addressed: 0x0e, both: 0x0f } as const;

const RECORDS: ReadonlySet<number> = new Set([CODEC.gh3000, CODEC.avl8, CODEC.avl8e, CODEC.avl16]);

/** Types of a message; on a serial port's data the device may put any from 1 to 15. */
export const TYPE = { command: 0x05, response: 0x06, camera: 0x0d, nack: 0x11 } as const;

export type Unit =
  | { readonly kind: "login"; readonly key: string }
  /** Positions: to be answered by their number. */
  | { readonly kind: "records"; readonly codec: number; readonly count: number; readonly body: Buffer }
  | { readonly kind: "message"; readonly message: Message }
  /** `count`: records were meant, in a frame whose CRC is right. */
  | { readonly kind: "bad"; readonly reason: string; readonly records: boolean };

export interface Message {
  readonly codec: number;
  readonly type: number;
  /** Unix seconds, of codecs 13 and 15. */
  readonly time: number | null;
  /** Of codecs 14 and 15, without the leading zero. */
  readonly imei: string | null;
  readonly payload: Buffer;
}

/** Reads what `TeltonikaFramer` made of the bytes from a device. */
export function readUnit(frame: Buffer): Unit {
  if (frame.length < FRAME_OVERHEAD || frame.readUInt32BE(0) !== 0) return { kind: "login", key: frame.toString("latin1", 2) };
  const body = bodyOf(frame);
  if (body === null) return bad("the CRC is wrong");
  if (body.length < MIN_BODY_BYTES) return bad(`a body of ${body.length} bytes`);
  const codec = body.readUInt8(0);
  const counts = [body.readUInt8(1), body.readUInt8(body.length - 1)] as const;
  if (RECORDS.has(codec)) {
    if (counts[0] === counts[1]) return { kind: "records", codec, count: counts[0], body };
    return { kind: "bad", reason: `${counts[0]} records by the first count, ${counts[1]} by the second`, records: true };
  }
  const read = MESSAGES.get(codec);
  if (read === undefined) return bad(`codec ${hex2(codec)} is not known`);
  if (body.length < read.overhead) return bad(`codec ${hex2(codec)} with a body of ${body.length} bytes`);
  if (counts[0] !== 1 || counts[1] !== 1) return bad(`codec ${hex2(codec)} with ${counts[0]} and ${counts[1]} messages`);
  return { kind: "message", message: { codec, ...read.message(body) } };
}

/** The body of a data frame; null: its CRC or length is wrong. */
export function bodyOf(frame: Buffer): Buffer | null {
  const body = frame.subarray(HEAD_BYTES, -4);
  if (frame.readUInt32BE(4) !== body.length || crc16Arc(body) !== frame.readUInt32BE(frame.length - 4)) return null;
  return body;
}

/** A whole data frame around this body. */
export function seal(body: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_OVERHEAD + body.length);
  frame.writeUInt32BE(body.length, 4);
  body.copy(frame, HEAD_BYTES);
  frame.writeUInt32BE(crc16Arc(body), HEAD_BYTES + body.length);
  return frame;
}

/** A message of codec 12, or 14 with an IMEI; 13 and 15 (devices only) with a time. */
export function messageFrame({ codec, type, time, imei, payload }: Message): Buffer {
  const stamp = Buffer.alloc(time === null ? 0 : 4);
  if (time !== null) stamp.writeUInt32BE(time);
  const content = Buffer.concat([stamp, imei === null ? EMPTY : Buffer.from(imei.padStart(16, "0"), "hex"), payload]);
  const head = Buffer.from([codec, 1, type, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length, 3);
  return seal(Buffer.concat([head, content, ONE]));
}

/** The device's record count; it must follow nothing but a record frame. */
export function countAnswer(count: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(count);
  return bytes;
}

export function hex2(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}

const EMPTY = Buffer.alloc(0);
const ONE = Buffer.of(1);

interface Body {
  readonly type: number;
  readonly time?: number;
  readonly imei?: Buffer;
  readonly rest: Buffer;
}

/**
 * The inner size is not relied on: a capture of codec 13 leaves the time out of it. What lies between the fields and the
 * second count is the payload.
 */
function reader(name: string, parser: Parser, overhead: number): { overhead: number; message: (body: Buffer) => Omit<Message, "codec"> } {
  const fields = layout<Body>(name, parser, "rest");
  return {
    overhead,
    message(body) {
      const { type, time = null, imei, rest } = fields.read(body);
      return { type, time, imei: imei === undefined ? null : imei.toString("hex").replace(/^0/, ""), payload: rest.subarray(0, -1) };
    },
  };
}

function start(): Parser {
  return new Parser().endianness("big").uint8("codec").uint8("quantity").uint8("type").uint32("size");
}

const MESSAGES: ReadonlyMap<number, ReturnType<typeof reader>> = new Map([
  [CODEC.text, reader("codec 12", start(), 8)],
  [CODEC.timed, reader("codec 13", start().uint32("time"), 12)],
  [CODEC.addressed, reader("codec 14", start().buffer("imei", { length: 8 }), 16)],
  [CODEC.both, reader("codec 15", start().uint32("time").buffer("imei", { length: 8 }), 20)],
]);

function bad(reason: string): Unit {
  return { kind: "bad", reason, records: false };
}
