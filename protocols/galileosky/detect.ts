/** Does a connection speak Galileosky? A device begins with a head pack: a plausible length, then the tags up to its IMEI in digits. */
import type { Detection } from "../../src/core/index.ts";
import { IMEI_BYTES, TAG } from "./tags.ts";
import { HEAD, HEAD_BYTES, isIridium, MAX_BODY_BYTES } from "./wire.ts";

const ARCHIVE = 0x80;
/** Tags before the IMEI, one byte each. */
const BEFORE: readonly number[] = [TAG.hardware, TAG.firmware];

export function detect(head: Buffer): Detection {
  const [first = HEAD.pack, , high = 0] = head;
  if (first !== HEAD.pack || (high & ~ARCHIVE) << 8 > MAX_BODY_BYTES || isIridium(head)) return "no";
  let at = HEAD_BYTES;
  for (const tag of BEFORE) if (head[at] === tag) at += 2;
  const tag = head[at] ?? TAG.imei;
  const digits = head.toString("latin1", at + 1, at + 1 + IMEI_BYTES);
  if (tag !== TAG.imei || !/^\d*$/u.test(digits)) return "no";
  return digits.length === IMEI_BYTES ? "yes" : "more";
}
