/**
 * A log of hex digits as people paste it: a time and a mark of the direction may stand before the bytes of a line, and dumps with
 * offsets (hexdump -C, xxd, Wireshark) are one piece each. Lines that hold no bytes are passed over.
 */
import type { Direction } from "../../core/index.ts";
import { hexBytes, timeOf } from "./by-name.ts";
import type { Piece, Recording } from "./recording.ts";

/** The gateway's view of the words: it receives what goes up. Arrows are those of transcripts: `>` is the device. */
const MARKS: readonly (readonly [RegExp, Direction])[] = [
  [/^(?:rx|recv|received|in|up|from device|>>?)\s*[:\])]*\s+/iu, "up"],
  [/^(?:tx|send|sent|out|down|to device|<<?)\s*[:\])]*\s+/iu, "down"],
];
const STAMP = /^[[(]?(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z?[\])]?\s*/u;
/** Offset and up to 16 bytes in groups of one or two. */
const DUMP = /^([0-9a-f]{4,8}):?\s{1,3}((?:[0-9a-f]{2}(?:[0-9a-f]{2})?\s{1,2}){1,16})/iu;

export function readHexLog(lines: readonly string[]): readonly Recording[] {
  const pieces: Piece[] = [];
  let dump: Buffer[] = [];
  let direction: Direction = "up";
  const endDump = (): void => {
    if (dump.length > 0) pieces.push({ direction, bytes: Buffer.concat(dump), at: null });
    dump = [];
  };
  for (const line of lines) {
    const row = dumpRow(line, length(dump));
    if (row !== null) {
      if (row.starts) endDump();
      dump.push(row.bytes);
      continue;
    }
    endDump();
    const said = saidIn(line, direction);
    direction = said.direction;
    if (said.bytes !== null) pieces.push({ direction, bytes: said.bytes, at: timeOf(line) });
  }
  endDump();
  return pieces.length === 0 ? [] : [{ name: "log", pieces }];
}

/** A mark alone on its line tells the direction of the dump that follows. */
function saidIn(line: string, known: Direction): { readonly direction: Direction; readonly bytes: Buffer | null } {
  const text = `${line.trim().replace(STAMP, "")} `;
  for (const [mark, direction] of MARKS) if (mark.test(text)) return { direction, bytes: hexBytes(text.replace(mark, "")) };
  const bytes = hexBytes(text.replace(/^hex:\s*/iu, ""));
  return { direction: bytes === null ? known : "up", bytes };
}

/** A row of a dump says how many bytes came before it, which tells it apart from digits that merely look so. */
function dumpRow(line: string, before: number): { readonly bytes: Buffer; readonly starts: boolean } | null {
  const [, offset = "", digits = ""] = DUMP.exec(`${line.trim()} `) ?? [];
  const bytes = hexBytes(digits);
  if (bytes === null) return null;
  const at = Number.parseInt(offset, 16);
  return at === 0 || at === before ? { bytes, starts: at === 0 } : null;
}

function length(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
