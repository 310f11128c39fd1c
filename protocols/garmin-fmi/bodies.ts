/** Bodies of A1 packets, as both sides write them. */
import { idField } from "./message-id.ts";

/** Times count from 1989-12-31 00:00 UTC. */
const EPOCH_SECONDS = 631_065_600;
/** No time. */
const IGNORED = 0xffff_ffff;
/** Bytes of an A611 segment; all but the last are full. */
const SEGMENT_BYTES = 200;
/** No fix. */
const NO_POSITION = Buffer.from("0000008000000080", "hex");
const NUL = Buffer.of(0);

export function fmiTime(unixMs: number | null): number {
  return unixMs === null ? IGNORED : (Math.floor(unixMs / 1_000) - EPOCH_SECONDS) >>> 0;
}

/** Features of the enable: Unicode, and A607's driver replies, which are off unless asked for. */
export function enableBody(unicode: boolean): Buffer {
  return Buffer.from([2, 0, 1, unicode ? 0x80 : 0, 2, 0x80]);
}

export interface TextFields {
  readonly id: string;
  readonly time: number;
  readonly now: boolean;
  readonly text: Buffer;
}

/** 002A. */
export function textBody({ id, time, now, text }: TextFields): Buffer {
  return Buffer.concat([u32(time), Buffer.of(id.length, now ? 1 : 0, 0, 0), idField(id), text, NUL]);
}

/** 0021. */
export function openTextBody(time: number, text: Buffer): Buffer {
  return Buffer.concat([u32(time), text, NUL]);
}

/** The 0055 of a text and its NUL. */
export function longTextBodies({ id, time, now, text }: TextFields): readonly [Buffer, ...Buffer[]] {
  const content = Buffer.concat([text, NUL]);
  const count = Math.ceil(content.length / SEGMENT_BYTES);
  const segment = (sequence: number): Buffer => {
    const head = Buffer.of(id.length, now ? 1 : 0, sequence === count - 1 ? 1 : 0, sequence);
    return Buffer.concat([u32(time), head, idField(id), content.subarray(sequence * SEGMENT_BYTES, (sequence + 1) * SEGMENT_BYTES)]);
  };
  return [segment(0), ...Array.from({ length: count - 1 }, (_, index) => segment(index + 1))];
}

/** 0030. */
export function responseBody(response: number, text: Buffer): Buffer {
  return Buffer.concat([u32(response), text, NUL]);
}

/** 0028. */
export function attachBody(id: string, responses: readonly number[]): Buffer {
  return Buffer.concat([Buffer.of(id.length, responses.length, 0, 0), idField(id), ...responses.map(u32)]);
}

/** 002C, 002D, 0040; with a result or status also 0029, 002E, 0041. */
export function namedBody(size: number, field: Buffer, result = 0): Buffer {
  return Buffer.concat([Buffer.of(size, result, 0, 0), field]);
}

/** 0025. */
export function uniqueBody(unique: number): Buffer {
  return u32(unique);
}

/** 002B; 0020 without a result and with a choice behind it. */
export function timedBody(time: number, size: number, field: Buffer, result = 0): Buffer {
  return Buffer.concat([u32(time), namedBody(size, field, result)]);
}

/** 0024. */
export function driverTextBody(time: number, unique: number, text: Buffer): Buffer {
  return Buffer.concat([u32(time), u32(unique), text, NUL]);
}

/** 0026, from nowhere; `answers` is the id of the message it replies to, or empty. */
export function driverReplyBody(time: number, unique: number, answers: string, text: Buffer): Buffer {
  return Buffer.concat([u32(time), NO_POSITION, u32(unique), namedBody(answers.length, idField(answers)), text, NUL]);
}

/** What stands before the NUL, which some senders leave out. */
export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
