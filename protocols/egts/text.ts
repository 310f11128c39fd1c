/** Texts in COMMAND_DATA: charsets by CHS (G54619, table 29), and the two opinions on what the data are. */

import iconv from "iconv-lite";
import {
  type CharsetName,
  type DecodedText,
  decodeText,
  encodeText,
  type Preview,
  previewOf,
  type SplitText,
  splitText,
  withoutTail,
} from "../../src/core/index.ts";
import type { Settings } from "./profile.ts";

const CP1251 = 0;
const UCS2 = 8;
const ASCII = 1;
const LATIN1 = 3;
/** Charsets that only devices use. JIS: which encoding is not said, Shift_JIS reads its one-byte forms as well. */
const FOREIGN: ReadonlyMap<number, string> = new Map([
  [5, "shift_jis"],
  [6, "iso-8859-5"],
  [7, "iso-8859-8"],
]);
/** CHS that says "no text": believed unless it reads like one. */
const BINARY: ReadonlySet<number> = new Set([2, 4]);

/** ADR u16, SZ and ACT u8, CCD u16, all 0: what stands before the text when MSGTO is framed as a command is. */
const FRAME = Buffer.alloc(5);
/** Header 11, record 7, subrecord 3, COMMAND_DATA with CHS 11, frame 5, data check 2. */
const OVERHEAD_BYTES = 39;
/** A device buffer that has no room for so many text bytes is a mistake of the device. */
const MIN_TEXT_BYTES = 20;

/** `parts` are the data of one MSGTO each. */
export interface OutgoingText extends SplitText {
  /** CHS; null: absent. */
  readonly charset: number | null;
}

/** `bufferBytes`: the largest packet that the device takes (BS of TERM_IDENTITY); null: it did not say. */
export function outgoingText(text: string, settings: Settings, bufferBytes: number | null): OutgoingText {
  const { charset, split } = splitFor(text, settings, limitOf(settings, bufferBytes));
  const frame = settings.body === "framed";
  const parts = frame ? split.parts.map((part) => Buffer.concat([FRAME, part])) : split.parts;
  return { parts, charset: charset !== "cp1251" ? UCS2 : frame ? CP1251 : null, lost: split.lost, empty: split.empty };
}

/** As it goes to a device that named no buffer. */
export function previewText(text: string, settings: Settings): Preview {
  const { charset, split, limit } = splitFor(text, settings, limitOf(settings, null));
  return previewOf(split, { charset, maxBytes: limit });
}

/** Texts of a device are read the same way as they are written to it. Null: its bytes are no text. */
export function readText(data: Buffer, charset: number | null, settings: Settings): DecodedText | null {
  const inner = unframed(data, charset, settings);
  const decoded = decodeBy(charset ?? 0, inner, settings);
  const text = withoutTail(decoded.text, "\0");
  if (charset !== null && !isTextual(charset) && !printable(text)) return null;
  return { text, lossy: decoded.lossy };
}

/** The charset of UCS2 texts on this line. */
function wideCharset({ ucs2 }: Settings): CharsetName {
  return ucs2 === "be" ? "utf16be" : "utf16le";
}

/** How a device encodes a driver's text: CP-1251 with CHS 0 where it can. */
export function encodeUp(text: string, settings: Settings): { readonly charset: number; readonly data: Buffer } {
  const narrow = encodeText(text, "cp1251");
  if (settings.charset !== "ucs2" && narrow.lost.length === 0) return { charset: 0, data: narrow.bytes };
  return { charset: UCS2, data: encodeText(text, wideCharset(settings)).bytes };
}

interface Split {
  readonly charset: CharsetName;
  readonly limit: number;
  readonly split: SplitText;
}

function splitFor(text: string, settings: Settings, limit: number): Split {
  // NUL ends a string on devices that read C strings, and leading NULs look like a frame.
  const clean = text.replaceAll("\0", " ");
  const narrow = settings.charset === "ucs2" ? null : splitText(clean, "cp1251", limit);
  if (narrow !== null && (settings.charset === "cp1251" || narrow.lost.length === 0)) return { charset: "cp1251", limit, split: narrow };
  const charset = wideCharset(settings);
  const even = limit - (limit % 2);
  return { charset, limit: even, split: splitText(clean, charset, even) };
}

function limitOf({ maxBytes }: Settings, bufferBytes: number | null): number {
  const room = (bufferBytes ?? Number.POSITIVE_INFINITY) - OVERHEAD_BYTES;
  return room < MIN_TEXT_BYTES ? maxBytes : Math.min(maxBytes, room);
}

/**
 * NIS and ART put the bare text into MSGFROM; EDBG and EPY expect ADR and CCD (four bytes of 0, with SZ/ACT five) before
 * it. No text begins with four NULs, so the frame shows itself when what follows can be read.
 */
function unframed(data: Buffer, charset: number | null, settings: Settings): Buffer {
  if (data.length < 4 || data.readUInt32LE(0) !== 0) return data;
  for (const size of frameSizes(data, charset)) {
    const inner = data.subarray(size);
    // Many a text ends with a NUL.
    if (printable(withoutTail(decodeBy(charset ?? 0, inner, settings).text, "\0"))) return inner;
  }
  return data;
}

/** What stands before the text may be four bytes or five, the likelier first: UCS2 leaves an even number behind them. */
function frameSizes(data: Buffer, charset: number | null): readonly number[] {
  if (data[4] !== 0) return [4];
  return charset === UCS2 && data.length % 2 === 0 ? [4, 5] : [5, 4];
}

function decodeBy(charset: number, bytes: Buffer, settings: Settings): DecodedText {
  const foreign = FOREIGN.get(charset);
  if (foreign !== undefined) {
    const text = iconv.decode(bytes, foreign);
    return { text, lossy: text.includes("\uFFFD") };
  }
  // A single NUL ends a string even where characters have two bytes.
  const odd = charset === UCS2 && bytes.length % 2 === 1 && bytes.at(-1) === 0;
  return decodeText(odd ? bytes.subarray(0, -1) : bytes, charsetOf(charset, settings));
}

function charsetOf(charset: number, settings: Settings): CharsetName {
  if (charset === UCS2) return wideCharset(settings);
  if (charset === ASCII) return "ascii";
  return charset === LATIN1 ? "latin1" : "cp1251";
}

function isTextual(charset: number): boolean {
  return charset <= UCS2 && !BINARY.has(charset);
}

function printable(text: string): boolean {
  return !/[\p{Cc}\uFFFD]/u.test(text.replace(/[\t\r\n]/gu, ""));
}
