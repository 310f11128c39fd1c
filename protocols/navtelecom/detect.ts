/** Does a connection speak NTCB? A device begins with the preamble and a header whose check byte is right. */
import type { Detection } from "../../src/core/index.ts";
import { HEADER_BYTES, headerFits, PREAMBLE } from "./wire.ts";

/** A device may ping before it logs in; that byte alone says nothing about who it is, and is not waited past. */
export function detect(head: Buffer): Detection {
  const preamble = head.subarray(0, PREAMBLE.length);
  if (!preamble.equals(PREAMBLE.subarray(0, preamble.length))) return "no";
  if (head.length < HEADER_BYTES) return "more";
  return headerFits(head) ? "yes" : "no";
}
