/**
 * How long a FLEX message is. There is no length field: each message has its own layout, and telemetry is as long as the
 * mask that the device offered says.
 */
import type { Direction } from "../../src/core/index.ts";

/** What a line has agreed on. */
export interface FlexState {
  /** Bytes of one telemetry record; null: no mask was agreed yet. */
  readonly recordBytes: number | null;
  /** Byte order of the lengths in `~E` and `~X`. */
  readonly extraLengths: "little" | "big";
}

export type FlexLength =
  | { readonly type: "known"; readonly bytes: number }
  | { readonly type: "more" }
  /** These bytes begin no message whose layout is known. */
  | { readonly type: "unknown" };

/** 255 records of 1 KiB; a message that announces more is not followed. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** Longest data of one `~P`. */
export const MAX_SERIAL_BYTES = 512;

/** The length of the message that these bytes begin with, its CRC included. `bytes[0]` is "~". */
export function flexLength(bytes: Buffer, direction: Direction, state: FlexState): FlexLength {
  const letter = bytes[1];
  if (letter === undefined) return MORE;
  const measure = (direction === "up" ? UP : DOWN).get(String.fromCharCode(letter));
  return measure === undefined ? UNKNOWN : measure(bytes, state);
}

type Measure = (bytes: Buffer, state: FlexState) => FlexLength;

const MORE: FlexLength = { type: "more" };
const UNKNOWN: FlexLength = { type: "unknown" };
const CRC = 1;

/** Services have a code and a port or subcode behind the letter. */
const DISPLAY = [0x82, 0x00];
const SERIAL = [0x7f];
const COLON = [0x3a];

const UP: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  ["A", (bytes, { recordBytes }) => records(bytes, recordBytes)],
  ["T", (_bytes, { recordBytes }) => (recordBytes === null ? UNKNOWN : known(6 + recordBytes + CRC))],
  ["C", (_bytes, { recordBytes }) => (recordBytes === null ? UNKNOWN : known(2 + recordBytes + CRC))],
  ["E", (bytes, { extraLengths }) => extras(bytes, 3, bytes[2], extraLengths)],
  ["X", (bytes, { extraLengths }) => extras(bytes, 6, 1, extraLengths)],
  ["R", service(DISPLAY, 4)],
  ["F", service(DISPLAY, 5)],
  ["P", serialData],
  ["M", service(SERIAL, 4)],
  ["S", service(SERIAL, 5)],
  ["Z", service(COLON, 5)],
]);

const DOWN: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  ["A", () => known(3 + CRC)],
  ["T", () => known(6 + CRC)],
  ["C", () => known(2 + CRC)],
  ["E", () => known(3 + CRC)],
  ["X", () => known(6 + CRC)],
  ["O", displayText],
  ["P", serialData],
  ["M", service(SERIAL, 4)],
  ["S", service(SERIAL, 5)],
]);

function known(bytes: number): FlexLength {
  return { type: "known", bytes };
}

function service(code: readonly number[], bytes: number): Measure {
  return (message) => {
    for (const [index, byte] of code.entries()) {
      const came = message[2 + index];
      if (came === undefined) return MORE;
      if (came !== byte) return UNKNOWN;
    }
    return known(bytes + CRC);
  };
}

function records(bytes: Buffer, recordBytes: number | null): FlexLength {
  const count = bytes[2];
  if (recordBytes === null) return UNKNOWN;
  return count === undefined ? MORE : known(3 + count * recordBytes + CRC);
}

/** Extra packets each begin with their length as u16; those behind the longest message are not waited for. */
function extras(bytes: Buffer, start: number, count: number | undefined, order: "little" | "big"): FlexLength {
  if (count === undefined) return MORE;
  let at = start;
  for (let packet = 0; packet < count && at <= MAX_FRAME_BYTES; packet += 1) {
    if (bytes.length < at + 2) return MORE;
    at += 2 + (order === "little" ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  }
  return known(at + CRC);
}

/** `~P 7F port len u16 data`. */
function serialData(bytes: Buffer): FlexLength {
  const head = service(SERIAL, 0)(bytes, NOTHING);
  if (head.type !== "known") return head;
  if (bytes.length < 6) return MORE;
  const length = bytes.readUInt16LE(4);
  return length < 1 || length > MAX_SERIAL_BYTES ? UNKNOWN : known(6 + length + CRC);
}

/** `~O 82 00 index u32 confirm len u8 text`. */
function displayText(bytes: Buffer): FlexLength {
  const head = service(DISPLAY, 0)(bytes, NOTHING);
  if (head.type !== "known") return head;
  const length = bytes[9];
  return length === undefined ? MORE : known(10 + length + CRC);
}

const NOTHING: FlexState = { recordBytes: null, extraLengths: "little" };
