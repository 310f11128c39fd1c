/** Does a connection speak Ruptela? There is no mark: a plausible length, an IMEI in binary and a command that a device begins with. */
import type { Detection } from "../../src/core/index.ts";
import { UP } from "./messages.ts";
import { IMEI_BYTES, LENGTH_BYTES, looksLikeHead, MAX_COUNTED_BYTES, sizeOf } from "./wire.ts";

const COMMAND_AT = LENGTH_BYTES + IMEI_BYTES;
const FIRST_COMMANDS: ReadonlySet<number> = new Set([UP.records, UP.extendedRecords, UP.identification, UP.heartbeat, UP.dtc]);

export function detect(head: Buffer): Detection {
  const [first = 0] = head;
  if (first << 8 > MAX_COUNTED_BYTES || (head.length >= LENGTH_BYTES && sizeOf(head, IMEI_BYTES + 1) === null)) return "no";
  // 15 digits leave the two highest bytes of eight nearly empty.
  const [, , high = 0, low = 0] = head;
  if (high !== 0 || low > 3) return "no";
  const command = head[COMMAND_AT];
  if (command === undefined) return "more";
  return looksLikeHead(head, 0) && FIRST_COMMANDS.has(command) ? "yes" : "no";
}
