/** A dispatcher's text as plain GTDAT data: printable ASCII, and the framing has no way to carry a comma or a dollar sign. */
import { type Preview, splitText } from "../../src/core/index.ts";

export interface PlainText {
  readonly parts: readonly string[];
  /** Characters that are not on the wire as they were written, each once. */
  readonly lost: readonly string[];
  /** Nothing readable is left. */
  readonly empty: boolean;
}

export function plainText(text: string, maxBytes: number): PlainText {
  const oneLine = text.replaceAll(/\r\n|[\p{Cc}\u2028\u2029]/gu, " ");
  const replaced = [...REPLACEMENTS.keys()].filter((character) => oneLine.includes(character));
  const safe = oneLine.replaceAll(/[,$]/g, (character) => REPLACEMENTS.get(character) ?? "?");
  const split = splitText(safe, "ascii", maxBytes);
  const parts = split.parts.map((bytes) => bytes.toString("latin1"));
  const lost = [...replaced, ...split.lost];
  return { parts, lost, empty: !parts.some((part) => (lost.length > 0 ? /[^?;\s]/ : /\S/).test(part)) };
}

export function previewPlain(text: string, maxBytes: number): Preview {
  const { parts, lost, empty } = plainText(text, maxBytes);
  return { charset: "ascii", bytesPerPart: maxBytes, parts: parts.length, lost, empty };
}

const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  [",", ";"],
  ["$", "?"],
]);
