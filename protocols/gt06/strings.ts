/** What the interpreter says: 0x21, or 0x15 in older devices, with padding, languages and charsets in between. */
import { decodeText, withoutTail } from "../../src/core/index.ts";
import { STRING_NEW, STRING_OLD } from "./layout.ts";
import { TYPE } from "./messages.ts";
import type { Settings } from "./profile.ts";
import type { Packet } from "./wire.ts";

export interface Reply {
  /** Of the command that it answers. */
  readonly flag: number;
  readonly text: string;
  readonly lossy: boolean;
}

/** Flag of a command: its size counts it. */
const FLAG_BYTES = 4;
const UTF16 = 2;

/** Throws LayoutError. */
export function readReply({ type, content }: Packet, coding: Settings["coding"]): Reply {
  return type === TYPE.stringNew ? newReply(content, coding) : oldReply(content);
}

function newReply(content: Buffer, coding: Settings["coding"]): Reply {
  const { flag, coding: declared, rest } = STRING_NEW.read(content);
  const wide = coding === "utf16be" || (coding === "declared" && declared === UTF16);
  const { text, lossy } = decodeText(rest, wide ? "utf16be" : "ascii");
  return { flag, text: withoutPadding(text), lossy };
}

/** The language behind the text is left out; a size of 0 comes with a buffer of fixed size, padded with NULs (TRC). */
function oldReply(content: Buffer): Reply {
  const { size, flag, rest } = STRING_OLD.read(content);
  const { text, lossy } = decodeText(size < FLAG_BYTES ? rest : rest.subarray(0, size - FLAG_BYTES), "ascii");
  return { flag, text: withoutPadding(text), lossy };
}

function withoutPadding(text: string): string {
  const end = text.indexOf("\0");
  return withoutTail(end === -1 ? text : text.slice(0, end), "\r\n");
}
