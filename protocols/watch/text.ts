/** A dispatcher's text as MESSAGE: UTF-16BE as hex digits, so that no character can disturb a frame. */
import { type Preview, splitText } from "../../src/core/index.ts";
import type { Settings } from "./profile.ts";

export interface OutgoingText {
  /** Contents of frames. */
  readonly contents: readonly string[];
  /** Characters that are not on the wire as they were written, each once. */
  readonly lost: readonly string[];
  /** Nothing readable is left. */
  readonly empty: boolean;
}

export function outgoingText(text: string, settings: Settings): OutgoingText {
  // Line breaks may stand in a text; a watch ends it at NUL, and has no use for the others.
  const plain = text.replaceAll(/\r\n?|[\u2028\u2029]/gu, "\n").replaceAll(/(?!\n)\p{Cc}/gu, " ");
  const lost = [...new Set(plain.match(LONE_SURROGATE) ?? [])];
  const safe = plain.replaceAll(LONE_SURROGATE, "?");
  const { parts } = splitText(safe, "utf16be", bytesPerPart(settings));
  return { contents: parts.map(contentOf), lost, empty: safe.trim() === "" || (lost.length > 0 && /^[?\s]*$/u.test(safe)) };
}

export function preview(text: string, settings: Settings): Preview {
  const { contents, lost, empty } = outgoingText(text, settings);
  return { charset: "utf16be", bytesPerPart: bytesPerPart(settings), parts: contents.length, lost, empty };
}

/** `MESSAGE,` and the text's digits. */
function contentOf(utf16be: Buffer): string {
  return `MESSAGE,${utf16be.toString("hex").toUpperCase()}`;
}

function bytesPerPart({ maxBytes }: Settings): number {
  return maxBytes & ~1;
}

const LONE_SURROGATE = /\p{Surrogate}/gu;
