/** Does a connection speak GT06? A device begins with a login of 8 bytes BCD. */
import type { Detection } from "../../src/core/index.ts";
import { IMEI_BYTES } from "./identity.ts";
import { TYPE } from "./messages.ts";

const HEAD = Buffer.from("7878", "hex");
/** What the length of the shortest login counts; the longest known has 17. */
const MIN_LOGIN = 13;
const MAX_LOGIN = 32;
/** Head, length and protocol number. */
const IMEI_AT = 4;

export function detect(head: Buffer): Detection {
  const start = head.subarray(0, HEAD.length);
  if (!start.equals(HEAD.subarray(0, start.length))) return "no";
  const [, , length = MIN_LOGIN, type = TYPE.login] = head;
  if (length < MIN_LOGIN || length > MAX_LOGIN || type !== TYPE.login) return "no";
  const digits = head.subarray(IMEI_AT, IMEI_AT + IMEI_BYTES).toString("hex");
  if (!/^\d*$/u.test(digits)) return "no";
  return digits.length === 2 * IMEI_BYTES ? "yes" : "more";
}
