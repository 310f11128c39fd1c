/** Compressed containers: FF, u16 LE length, zlib stream with exactly one text packet (W20, "Data compression"). */
import { deflateSync, inflateSync } from "node:zlib";
import { CONTAINER, CONTAINER_HEAD } from "./packet.ts";

/** What a container may inflate to. */
const MAX_INFLATED_BYTES = 64 * 1024;
/** What most inflate to: zlib's own 16 KiB for each of many small ones cost more than their inflating. */
const USUAL_BYTES = 1024;

const CR = 0x0d;
const LF = 0x0a;
/** RFC 1950, 2.2: CMF, FLG, data, ADLER32. */
const MIN_ZLIB_BYTES = 8;

/** Do these bytes begin a container? Decided by the zlib header (RFC 1950, 2.2) behind the length. */
export function isContainer(bytes: Buffer): "yes" | "no" | "more" {
  if (bytes[0] !== CONTAINER) return bytes.length === 0 ? "more" : "no";
  const [cmf, flags] = [bytes[CONTAINER_HEAD], bytes[CONTAINER_HEAD + 1]];
  if (cmf === undefined) return "more";
  if ((cmf & 0x0f) !== 8 || cmf > 0x78 || bytes.readUInt16LE(1) < MIN_ZLIB_BYTES) return "no";
  if (flags === undefined) return "more";
  return ((cmf << 8) | flags) % 31 === 0 ? "yes" : "no";
}

/** The bytes of a container with this head, the head included. */
export function containerLength(head: Buffer): number {
  return CONTAINER_HEAD + head.readUInt16LE(1);
}

/** The one line inside, without its end; null when it does not inflate, is too long or is not one line. */
export function openContainer(deflated: Buffer): Buffer | null {
  const inflated = inflate(deflated);
  if (inflated === null) return null;
  let end = inflated.length;
  while (end > 0 && (inflated[end - 1] === LF || inflated[end - 1] === CR)) end -= 1;
  const line = inflated.subarray(0, end);
  return line.length === 0 || line.includes(LF) ? null : line;
}

/** A line without its end as a container; throws RangeError when it does not fit one. */
export function makeContainer(line: Buffer): Buffer {
  const deflated = deflateSync(line);
  const head = Buffer.alloc(CONTAINER_HEAD);
  head.writeUInt8(CONTAINER);
  head.writeUInt16LE(deflated.length, 1);
  return Buffer.concat([head, deflated]);
}

function inflate(deflated: Buffer): Buffer | null {
  try {
    return inflateSync(deflated, { maxOutputLength: MAX_INFLATED_BYTES, chunkSize: USUAL_BYTES });
  } catch {
    return null;
  }
}
