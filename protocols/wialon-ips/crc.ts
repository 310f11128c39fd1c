/** The CRC field of version 2.x: CRC-16/ARC as hex text, last in the body, over all bytes before it (W20). */
import { crc16Arc } from "../../src/core/index.ts";

/** Version 1.x has no CRC, 2.x always has one; `unknown` before a login, where the field itself must tell. */
export type Dialect = "1.x" | "2.x" | "unknown";

/** `none`: the dialect has no check value. `missing`: it should be there and is not. */
export type Check = "none" | "ok" | "wrong" | "missing";

export interface Checked {
  /** The body without the CRC field and the separator before it. */
  readonly content: Buffer;
  readonly check: Check;
  /** The CRC field as it came; null where there is none. */
  readonly field: string | null;
}

/** Takes the CRC field off a body. The CRC covers the separator before it; bodies of `B` end their records with "|". */
export function takeCrc(body: Buffer, separator: ";" | "|", dialect: Dialect): Checked {
  if (dialect === "1.x") return { content: body, check: "none", field: null };
  const at = body.lastIndexOf(separator);
  const field = body.toString("latin1", at + 1);
  const given = at === -1 ? null : parseCrc(field);
  if (given !== null && given === crc16Arc(body.subarray(0, at + 1))) return { content: body.subarray(0, at), check: "ok", field };
  if (dialect === "unknown" && (at === -1 || !UNMISTAKABLE.test(field))) return { content: body, check: "none", field: null };
  return { content: body.subarray(0, Math.max(at, 0)), check: given === null ? "missing" : "wrong", field: at === -1 ? null : field };
}

/** The value of a CRC field as devices write it: any case, 1 to 4 digits, perhaps with "0x"; null when it is none. */
export function parseCrc(field: string): number | null {
  const digits = /^(?:0x)?([0-9a-f]{1,4})$/i.exec(field.trim())?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}

/** Four upper-case hex digits, as the specification prints it. */
export function formatCrc(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, "0");
}

/** Did a body pass, as far as its dialect can tell? */
export function passed(check: Check): boolean {
  return check === "ok" || check === "none";
}

/** A field that can hardly be anything but a CRC. */
const UNMISTAKABLE = /^(?:0x[0-9a-f]{1,4}|[0-9a-f]{4})$/i;
