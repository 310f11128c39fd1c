/** The device's acknowledgement of a command: `+ACK` with the command's serial number, or in the AT@ family `+NACK` with a cause. */
import type { Message } from "./message.ts";

export type Receipt =
  | { readonly outcome: "accepted"; readonly serial: string }
  | { readonly outcome: "rejected"; readonly serial: string; readonly reason: string };

/** Of the command that carries texts; null: this message is none, or the device takes the command later. */
export function receiptOf({ head, name, body }: Message): Receipt | null {
  const serial = body.at(-1)?.toUpperCase() ?? "";
  if (name !== "DAT" || !SERIAL.test(serial)) return null;
  if (head === "ACK") return { outcome: "accepted", serial };
  const cause = body.at(-2) ?? "";
  // It goes out again when its receipt is overdue.
  if (head !== "NACK" || cause === NOT_NOW) return null;
  return { outcome: "rejected", serial, reason: `the device refused the command: ${CAUSES.get(cause) ?? `cause ${cause}`}` };
}

const SERIAL = /^[0-9A-F]{4}$/;
const NOT_NOW = "2";
/** JQ, `getNackCommand`. */
const CAUSES: ReadonlyMap<string, string> = new Map([
  ["0", "wrong password or parameters"],
  ["1", "not supported"],
]);
