/** Does a connection speak Wialon IPS? Decided by its first packet's head. */
import { beginsLike, type Detection } from "../../src/core/index.ts";
import { isContainer } from "./container.ts";
import { CONTAINER } from "./packet.ts";

/** What a device may begin with; a well-behaved one begins with `L`. */
const HEADS: readonly string[] = ["L", "P", "SD", "D", "M", "B", "I", "IT", "T", "AM"].map((type) => `#${type}#`);
/** "2.0;IMEI#" or "IMEI#". */
const MAX_PREFIX_BYTES = 48;

export function detect(head: Buffer): Detection {
  if (head[0] === CONTAINER) return isContainer(head);
  const text = head.toString("latin1", 0, MAX_PREFIX_BYTES + 5);
  const hash = text.indexOf("#");
  const prefix = hash === -1 ? text : text.slice(0, hash);
  if (!isPrefix(prefix)) return "no";
  return hash === -1 ? "more" : beginsLike(head.subarray(hash), HEADS);
}

function isPrefix(text: string): boolean {
  return text.length <= MAX_PREFIX_BYTES && /^(?:\d[\d.;]*)?$/.test(text);
}
