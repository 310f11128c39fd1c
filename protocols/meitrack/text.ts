/** Texts as they stand in a packet: for an LCD (C13, C10) or a Garmin navigator (D76). */
import { type CharsetName, decodeText, encodeText, type Preview, splitText, toAscii } from "../../src/core/index.ts";
import { MAX_LCD_BYTES, MAX_NAVIGATOR_BYTES, type Settings } from "./profile.ts";

export interface OutgoingText {
  /** The text's bytes in its packets, each a part. */
  readonly parts: readonly Buffer[];
  /** Characters that are not on the wire as they were written, each once. */
  readonly lost: readonly string[];
  /** Nothing readable is left. */
  readonly empty: boolean;
}

export function outgoingText(text: string, settings: Settings): OutgoingText {
  if (settings.inner === "garmin-fmi") return navigatorText(text, settings);
  return settings.charset === "ascii" ? asciiText(text, settings) : unicodeText(text, settings);
}

export function preview(text: string, settings: Settings): Preview {
  const { parts, lost, empty } = outgoingText(text, settings);
  const charset: CharsetName = settings.inner === "none" ? settings.charset : "utf16be";
  return { charset, bytesPerPart: bytesPerPart(settings), parts: parts.length, lost, empty };
}

/** UTF-16BE as hex digits. */
export function hexOf(utf16be: Buffer): Buffer {
  return Buffer.from(utf16be.toString("hex").toUpperCase(), "latin1");
}

function bytesPerPart(settings: Settings): number {
  const lcd = Math.min(settings.maxBytes, MAX_LCD_BYTES);
  if (settings.inner === "garmin-fmi") return navigatorBytes(settings);
  if (settings.charset === "ascii") return lcd;
  return settings.unicodeForm === "raw" ? lcd : lcd >> 1;
}

function asciiText(text: string, settings: Settings): OutgoingText {
  const { safe, lost } = withoutControls(text);
  const plain = settings.transliterate ? toAscii(safe) : { text: safe, lost: [], empty: false };
  const fields = settings.strictFields ? withoutSeparators(plain.text) : { safe: plain.text, lost: [] };
  const split = splitText(fields.safe, "ascii", bytesPerPart(settings));
  const all = new Set([...lost, ...plain.lost, ...fields.lost, ...split.lost]);
  return { parts: split.parts, lost: [...all], empty: split.empty || plain.empty || fields.safe.trim() === "" };
}

/** Type U: what is written, half of it where each byte takes two digits. */
function unicodeText(text: string, settings: Settings): OutgoingText {
  const { safe, lost } = withoutControls(text);
  const fields = settings.strictFields ? withoutSeparators(safe) : { safe, lost: [] };
  const split = splitText(fields.safe, "utf16be", bytesPerPart(settings) & ~1);
  const parts = settings.unicodeForm === "raw" ? split.parts : split.parts.map(hexOf);
  return { parts, lost: [...new Set([...lost, ...fields.lost, ...split.lost])], empty: split.empty || fields.safe.trim() === "" };
}

/** The tracker takes 398 hex digits, the navigator 199 bytes of UTF-8: both must hold. */
function navigatorText(text: string, settings: Settings): OutgoingText {
  const { safe, lost } = wellFormed(text.replaceAll("\0", " "));
  const pieces = splitText(safe, "utf16be", navigatorBytes(settings)).parts.map((bytes) => decodeText(bytes, "utf16be").text);
  const inUtf8 = pieces.flatMap((piece) => splitText(piece, "utf8", Math.min(settings.maxBytes, MAX_NAVIGATOR_BYTES)).parts);
  const parts = inUtf8.map((bytes) => hexOf(encodeText(bytes.toString("utf8"), "utf16be").bytes));
  return { parts, lost, empty: safe.trim() === "" };
}

function navigatorBytes({ maxBytes }: Settings): number {
  return Math.min(maxBytes, MAX_NAVIGATOR_BYTES) & ~1;
}

interface Safe {
  readonly safe: string;
  readonly lost: readonly string[];
}

/** CR and LF end the packet, and no other control character has a place on a screen: they become spaces. */
function withoutControls(text: string): Safe {
  return wellFormed(text.replaceAll(/\r\n|[\p{Cc}\u2028\u2029]/gu, " "));
}

function wellFormed(text: string): Safe {
  return { safe: text.replaceAll(LONE_SURROGATE, "?"), lost: [...new Set(text.match(LONE_SURROGATE) ?? [])] };
}

function withoutSeparators(text: string): Safe {
  return { safe: text.replaceAll(",", ";").replaceAll("*", "x"), lost: [",", "*"].filter((one) => text.includes(one)) };
}

const LONE_SURROGATE = /\p{Surrogate}/gu;
