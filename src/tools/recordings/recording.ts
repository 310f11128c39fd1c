/** Conversations that something else recorded, and how their files are told apart. */
import type { Direction } from "../../core/index.ts";
import { readHexLog } from "./hex-log.ts";
import { readTraccarLog } from "./traccar-log.ts";
import { readTsharkFields } from "./tshark-fields.ts";

/** What one side said at once. */
export interface Piece {
  readonly direction: Direction;
  readonly bytes: Buffer;
  /** Milliseconds since 1970 of whatever clock recorded it; null: not said. */
  readonly at: number | null;
}

/** One connection. */
export interface Recording {
  /** What tells it apart from the others of its file. */
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** A file of recordings may have this many bytes: all of it is held in memory. */
export const RECORDING_BYTES = 64 * 1024 * 1024;

/** The conversations of a log, in the order of their first lines; empty when there is nothing in it that is known. */
export function readRecordings(source: string): readonly Recording[] {
  const lines = source.split(/\r?\n/u);
  for (const read of [readTraccarLog, readTsharkFields, readHexLog]) {
    const recordings = read(lines);
    if (recordings.length > 0) return recordings;
  }
  return [];
}
