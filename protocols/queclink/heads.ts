/** How frames begin. Text frames end with `$`; those of the HEX mode say their length, where depends on their head (TRC, Gl200FrameDecoder). */
import type { Direction } from "../../src/core/index.ts";

export type Head =
  /** A text frame of any name. */
  | { readonly type: "text" }
  /** A frame of the HEX mode. */
  | { readonly type: "hex"; readonly length: LengthField }
  /** More bytes decide. */
  | { readonly type: "more" }
  | { readonly type: "none" };

/** Where a frame of the HEX mode has its whole length, big-endian. */
interface LengthField {
  readonly at: number;
  readonly bytes: 1 | 2;
}

/** What devices are known to begin their text frames with; `+QRY:` only in the AT@ family. */
const TEXT_HEADS: readonly string[] = ["+RESP:", "+BUFF:", "+ACK:", "+NACK:", "+QRY:"];
const COMMAND_HEADS: readonly string[] = ["AT+", "AT@"];
/** Letters of a head, its plus sign and colon not counted. */
const MAX_LETTERS = 8;
const HEX_HEAD_BYTES = 4;

const HEX_HEADS: ReadonlyMap<string, LengthField> = new Map<string, LengthField>([
  ["+RSP", { at: 9, bytes: 2 }],
  ["+BSP", { at: 9, bytes: 2 }],
  ["+EVT", { at: 9, bytes: 2 }],
  ["+BVT", { at: 9, bytes: 2 }],
  ["+INF", { at: 7, bytes: 2 }],
  ["+BNF", { at: 7, bytes: 2 }],
  ["+CRD", { at: 6, bytes: 2 }],
  ["+BRD", { at: 6, bytes: 2 }],
  ["+LGN", { at: 6, bytes: 2 }],
  ["+HBD", { at: 5, bytes: 1 }],
  ["+ACK", { at: 6, bytes: 1 }],
]);

/** What begins at the first of these bytes, for a reader of this direction. */
export function headOf(bytes: Buffer, direction: Direction): Head {
  const begin = bytes.toString("latin1", 0, MAX_LETTERS + 2);
  if (begin[0] !== "+") return direction === "down" ? among(begin, COMMAND_HEADS) : NONE;
  const hex = direction === "up" ? hexHeadOf(begin) : NONE;
  return hex.type === "none" ? namedHead(begin) : hex;
}

/** The same for a head that is certain: what nobody is known to begin a frame with is `none`. */
export function knownHead(bytes: Buffer): Head {
  const begin = bytes.toString("latin1", 0, MAX_LETTERS + 2);
  const hex = hexHeadOf(begin);
  return hex.type === "none" ? among(begin, TEXT_HEADS) : hex;
}

/** `+ACK` is both: as text it goes on with a colon. */
function hexHeadOf(begin: string): Head {
  if (begin.length < HEX_HEAD_BYTES) return [...HEX_HEADS.keys()].some((head) => head.startsWith(begin)) ? MORE : NONE;
  const length = HEX_HEADS.get(begin.slice(0, HEX_HEAD_BYTES));
  if (length === undefined) return NONE;
  if (!begin.startsWith("+ACK")) return { type: "hex", length };
  const next = begin[HEX_HEAD_BYTES];
  if (next === undefined) return MORE;
  return next === ":" ? NONE : { type: "hex", length };
}

function namedHead(begin: string): Head {
  if (/^\+[A-Z]+:/.test(begin)) return TEXT;
  return /^\+[A-Z]*$/.test(begin) && begin.length <= MAX_LETTERS + 1 ? MORE : NONE;
}

function among(begin: string, heads: readonly string[]): Head {
  if (heads.some((head) => begin.startsWith(head))) return TEXT;
  return heads.some((head) => head.startsWith(begin)) ? MORE : NONE;
}

const TEXT: Head = { type: "text" };
const MORE: Head = { type: "more" };
const NONE: Head = { type: "none" };
