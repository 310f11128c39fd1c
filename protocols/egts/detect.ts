/** Does a connection speak EGTS? Judged by its first header, which has a check of its own. */
import type { Detection } from "../../src/core/index.ts";
import { headOf } from "./wire.ts";

/** PRF. */
const PREFIX = 0xc0;
const LAST_TYPE = 2;

export function detect(head: Buffer): Detection {
  const [, , flags = 0, , , , , , , type = 0] = head;
  if ((flags & PREFIX) !== 0 || type > LAST_TYPE) return "no";
  const told = headOf(head);
  if (told.type === "more") return "more";
  return told.type === "packet" ? "yes" : "no";
}
