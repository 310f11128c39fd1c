/** Dispatchers' texts on their way out: cut, turned into parts, and described by a preview. */
import { type CharsetName, type SplitText, splitText } from "./charset.ts";
import type { Encoded, Order, Part, Preview } from "./protocol.ts";

/** How texts are written to a device. */
export interface TextSettings {
  readonly charset: CharsetName;
  /** Text bytes in one part. */
  readonly maxBytes: number;
}

/** One line, whatever was written: every line break and control character becomes a space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\r\n|[\p{Cc}\u2028\u2029]/gu, " ");
}

/** A text on one line, in pieces that fit. */
export function splitLine(text: string, { charset, maxBytes }: TextSettings): SplitText {
  const line = oneLine(text);
  const split = splitText(line, charset, maxBytes);
  return { ...split, empty: split.empty || line.trim() === "" };
}

/** The parts of an order, one for each piece; `refusal` is why a text of which nothing is left cannot be sent. */
export function partsOf(split: SplitText, refusal: string, part: (bytes: Buffer, index: number) => Part): Encoded {
  const [first, ...rest] = split.empty ? [] : split.parts.map(part);
  if (first === undefined) return { type: "refused", reason: refusal };
  return { type: "parts", parts: [first, ...rest], altered: split.lost.length > 0 };
}

/** A text on one line whose parts have the order's tags, one after the other; `write` makes the frame of one. */
export function taggedParts(order: Order, settings: TextSettings, write: (text: Buffer, tag: string) => Buffer): Encoded {
  return partsOf(splitLine(order.text, settings), `nothing of this text can be written in ${settings.charset}`, (text, index) => {
    const tag = String(order.tag + index);
    return { bytes: write(text, tag), tag };
  });
}

/** What the API says of these pieces before they are sent. */
export function previewOf({ parts, lost, empty }: SplitText, { charset, maxBytes }: TextSettings): Preview {
  return { charset, bytesPerPart: maxBytes, parts: parts.length, lost, empty };
}
