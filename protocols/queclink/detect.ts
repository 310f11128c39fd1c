/** Does a connection speak @Track? A device begins with a report, a heartbeat or an acknowledgement, as text or in HEX. */
import type { Detection } from "../../src/core/index.ts";
import { knownHead } from "./heads.ts";

export function detect(head: Buffer): Detection {
  const { type } = knownHead(head);
  if (type === "more") return "more";
  return type === "none" ? "no" : "yes";
}
