/**
 * Device charsets over iconv-lite, with the round trip checked: a character that a charset lacks goes out as '?',
 * and the caller always learns which ones did.
 */
import iconv from "iconv-lite";

export type CharsetName = "utf8" | "ascii" | "latin1" | "cp1251" | "gbk" | "utf16be" | "utf16le";

export interface EncodedText {
  readonly bytes: Buffer;
  /** Characters that went out as '?', each once, in order of appearance. */
  readonly lost: readonly string[];
}

export interface SplitText {
  readonly parts: readonly Buffer[];
  readonly lost: readonly string[];
  /** Nothing but '?' and white space would arrive. */
  readonly empty: boolean;
}

export interface DecodedText {
  readonly text: string;
  /** Some bytes were not valid in this charset; they stand as U+FFFD. */
  readonly lossy: boolean;
}

export function encodeText(text: string, charset: CharsetName): EncodedText {
  if (charset === "utf8") return { bytes: Buffer.from(text, "utf8"), lost: [] };
  // A no-break space is a space on the devices that lack it.
  const plain = charset === "gbk" || charset === "ascii" ? text.replaceAll("\u00A0", " ") : text;
  const bytes = encode(plain, charset);
  if (decode(bytes, charset) === plain && !miragesOf(charset).some((character) => plain.includes(character))) return { bytes, lost: [] };
  const lost = new Set<string>();
  let kept = "";
  for (const character of plain) {
    const maps = survives(character, charset);
    if (!maps) lost.add(character);
    kept += maps ? character : "?";
  }
  return { bytes: encode(kept, charset), lost: [...lost] };
}

/** Cuts a text into pieces of at most `maxBytes`, never inside a character that a reader sees as one. */
export function splitText(text: string, charset: CharsetName, maxBytes: number): SplitText {
  const whole = encodeText(text, charset);
  const empty = whole.lost.length > 0 && !hasMappable(text, new Set(whole.lost));
  if (whole.bytes.length <= maxBytes) return { parts: [whole.bytes], lost: whole.lost, empty };
  const parts: Buffer[] = [];
  let pending: Buffer[] = [];
  let size = 0;
  for (const piece of pieces(text, charset, maxBytes)) {
    if (size + piece.length > maxBytes && size > 0) {
      parts.push(Buffer.concat(pending));
      pending = [];
      size = 0;
    }
    pending.push(piece);
    size += piece.length;
  }
  if (size > 0) parts.push(Buffer.concat(pending));
  return { parts, lost: whole.lost, empty };
}

export function decodeText(bytes: Buffer, charset: CharsetName): DecodedText {
  const decoded = decode(bytes, charset);
  const text = decoded.toWellFormed();
  const lossy = UNICODE.has(charset) ? !encode(text, charset).equals(bytes) : text.includes(REPLACEMENT);
  return { text, lossy };
}

const REPLACEMENT = "\uFFFD";
/** Charsets in which every text has exactly one encoding. */
const UNICODE: ReadonlySet<CharsetName> = new Set(["utf8", "utf16be", "utf16le"]);
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const EURO = "\u20AC";

/** Graphemes as bytes; one that is longer than a part by itself falls back to its code points. */
function* pieces(text: string, charset: CharsetName, maxBytes: number): Generator<Buffer> {
  for (const { segment } of SEGMENTER.segment(text)) {
    const bytes = encodeText(segment, charset).bytes;
    if (bytes.length <= maxBytes) yield bytes;
    else for (const character of segment) yield encodeText(character, charset).bytes;
  }
}

function survives(character: string, charset: CharsetName): boolean {
  return !miragesOf(charset).includes(character) && decode(encode(character, charset), charset) === character;
}

/** What comes back although the charset lacks it: cp936 has the euro sign as 0x80, which terminals do not know; bytes without a meaning read as U+FFFD. */
function miragesOf(charset: CharsetName): readonly string[] {
  if (UNICODE.has(charset)) return [];
  return charset === "gbk" ? [EURO, REPLACEMENT] : [REPLACEMENT];
}

function hasMappable(text: string, lost: ReadonlySet<string>): boolean {
  for (const character of text) if (!lost.has(character) && character !== "?" && character.trim() !== "") return true;
  return false;
}

function encode(text: string, charset: CharsetName): Buffer {
  return charset === "utf8" ? Buffer.from(text, "utf8") : iconv.encode(text, LABELS[charset]);
}

function decode(bytes: Buffer, charset: CharsetName): string {
  if (charset === "utf8") return bytes.toString("utf8");
  // iconv-lite masks the eighth bit away.
  if (charset === "ascii") return bytes.toString("latin1").replaceAll(/[^\0-\x7f]/gu, REPLACEMENT);
  return iconv.decode(bytes, LABELS[charset], { stripBOM: false });
}

const LABELS: Readonly<Record<CharsetName, string>> = {
  utf8: "utf8",
  ascii: "ascii",
  latin1: "latin1",
  cp1251: "win1251",
  gbk: "gbk",
  utf16be: "utf-16be",
  utf16le: "utf-16le",
};
