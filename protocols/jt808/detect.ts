/** Does a connection speak JT/T 808? Judged by the first header alone. */
import type { Detection } from "../../src/core/index.ts";
import { formOf, headerSize } from "./header.ts";
import { FLAG, unescaped } from "./wire.ts";

/** Ids of the platform have bit 15, ids of devices do not. */
const FROM_PLATFORM = 0x8000;
/** Bit 15 of the props is reserved; of the encryption bits only bit 10 (RSA) has a meaning. */
const NEVER_SET = 0x9800;
/** Id and props. */
const PROPS_END = 4;

/**
 * The first byte must be 7E, then a header that a device can have sent. When the frame's end is in sight its length must fit.
 * Not recognised: garbage before the first flag, the alternative delimiter E7, and ASCII frames in parentheses.
 */
export function detect(head: Buffer): Detection {
  if (head.length === 0) return "more";
  if (head[0] !== FLAG) return "no";
  const start = firstOther(head);
  const end = head.indexOf(FLAG, start);
  const whole = end !== -1;
  const content = unescaped(withoutHalfEscape(head.subarray(start, whole ? end : undefined)));
  if (content === null || !plausible(content)) return "no";
  if (whole) return content.length > PROPS_END && formOf(content.readUInt16BE(2), content.length - 1) !== null ? "yes" : "no";
  return content.length >= PROPS_END && content.length >= headerSize("short", content.readUInt16BE(2)) ? "yes" : "more";
}

function plausible(content: Buffer): boolean {
  if (content.length >= 2 && (content.readUInt16BE(0) & FROM_PLATFORM) !== 0) return false;
  return content.length < PROPS_END || (content.readUInt16BE(2) & NEVER_SET) === 0;
}

function firstOther(head: Buffer): number {
  let at = 0;
  while (at < head.length && head[at] === FLAG) at += 1;
  return at;
}

/** The byte after a trailing 7D has not come yet. */
function withoutHalfEscape(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === 0x7d ? bytes.subarray(0, -1) : bytes;
}
