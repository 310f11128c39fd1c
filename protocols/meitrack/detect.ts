/** Does a connection speak Meitrack? A tracker begins with `$$`, a letter, a length and its IMEI. */
import type { Detection } from "../../src/core/index.ts";

export function detect(head: Buffer): Detection {
  const text = head.toString("latin1", 0, HEAD_BYTES);
  if (/^\$\$[!-+.-/:-~-]\d{2,4},\d{5}/.test(text)) return "yes";
  return /^(?:\$(?:\$(?:[!-+.-/:-~-](?:\d{1,4}|\d{2,4},\d{0,4})?)?)?)?$/.test(text) ? "more" : "no";
}

/** Start, letter, length, comma and five digits. */
const HEAD_BYTES = 13;
