/** Does a connection speak this protocol? Decided by the login alone. */
import type { Detection } from "../../src/core/index.ts";
import { LENGTHS, MARK, TYPE } from "./wire.ts";

/** `more` is answered only while everything that came could be the beginning of a login. */
export function detect(head: Buffer): Detection {
  if (head.length === 0) return "more";
  if (head[0] !== MARK) return "no";
  if (head.length < TYPE_END) return "more";
  const length = head.readUInt16BE(1);
  return head[TYPE_END - 1] === TYPE.login && length >= LENGTHS.least && length <= LENGTHS.most ? "yes" : "no";
}

/** Mark, length and type. */
const TYPE_END = 4;
