/** Does a connection speak the watches' protocol? A frame begins with `[`, two characters, an id and a length between asterisks. */
import type { Detection } from "../../src/core/index.ts";
import { readHead } from "./wire.ts";

export function detect(head: Buffer): Detection {
  const read = readHead(head);
  if (typeof read !== "string") return "yes";
  return read === "more" ? "more" : "no";
}
