/** A dispatcher's text as `M` packets. The protocol has no escaping: what its framing cannot carry is replaced. */
import { crc16Arc, oneLine, type SplitText, splitText } from "../../src/core/index.ts";
import { type Dialect, formatCrc } from "./crc.ts";
import { packet } from "./packet.ts";
import type { Settings } from "./profile.ts";

/** Makes a text safe for the framing, encodes it and cuts it into parts; `lost` are all characters that were replaced. */
export function outgoingText(text: string, settings: Settings): SplitText {
  const { safe, lost } = replaceUnsafe(text, settings);
  const split = splitText(safe, settings.charset, settings.maxBytes);
  return { parts: split.parts, lost: [...new Set([...lost, ...split.lost])], empty: split.empty || safe.trim() === "" };
}

/** One text as an `M` packet of this dialect, either direction: the format is the same. */
export function textPacket(text: Buffer, dialect: Dialect): Buffer {
  if (dialect !== "2.x") return packet("M", text);
  const body = Buffer.concat([text, Buffer.from(";")]);
  return packet("M", Buffer.concat([body, Buffer.from(formatCrc(crc16Arc(body)))]));
}

/** CR and LF end the line, and no other control character has a place on a driver's screen: they become spaces, which nobody is told. */
function replaceUnsafe(text: string, settings: Settings): { readonly safe: string; readonly lost: readonly string[] } {
  const lost = new Set<string>();
  let safe = "";
  for (const character of oneLine(text)) {
    const replacement = replacementOf(character, settings);
    if (replacement !== null) lost.add(character);
    safe += replacement ?? character;
  }
  return { safe, lost: [...lost] };
}

function replacementOf(character: string, settings: Settings): string | null {
  // Some parsers split a line at every '#' (TBG). Before a number "№" says the same; ASCII has no sign for it.
  if (character === "#") return settings.charset === "ascii" ? " " : "№";
  if (character === "|" && settings.strictPoints) return "/";
  return LONE_SURROGATE.test(character) ? "?" : null;
}

const LONE_SURROGATE = /^\p{Surrogate}$/u;
