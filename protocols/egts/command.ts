/** COMMAND_DATA (G54619, table 29): CT and CCT, CID, SID, charset, access code, and the data. */
import { COMMAND_DATA } from "./codes.ts";
import { COMMAND_LAYOUT } from "./layout.ts";
import { writeSubrecord } from "./records.ts";

export interface Command {
  /** CT. */
  readonly type: number;
  /** CCT. */
  readonly result: number;
  readonly cid: number;
  readonly sid: number;
  /** CHS; null: absent, which means CP-1251. */
  readonly charset: number | null;
  readonly data: Buffer;
}

/** Throws LayoutError when the bytes do not fit. */
export function readCommand(bytes: Buffer): Command & { readonly accessCode: Buffer } {
  const { kind, cid, sid, charset, accessCode, data } = COMMAND_LAYOUT.read(bytes);
  return { type: kind >> 4, result: kind & 0x0f, cid, sid, charset: charset[0] ?? null, accessCode, data };
}

/** As a subrecord. */
export function writeCommand({ type, result, cid, sid, charset, data }: Command): Buffer {
  const head = Buffer.alloc(charset === null ? 10 : 11);
  head.writeUInt8((type << 4) | result, 0);
  head.writeUInt32LE(cid, 1);
  head.writeUInt32LE(sid, 5);
  head.writeUInt8(charset === null ? 0 : 1, 9);
  if (charset !== null) head.writeUInt8(charset, 10);
  return writeSubrecord(COMMAND_DATA, Buffer.concat([head, data]));
}
