/**
 * The frames of Wialon IPS as the framer hands them over. A line never contains LF, so what the framer has to add
 * stands behind one: what it saw of a binary body, or the mark of an identity that came as a UDP prefix.
 */
import { formatCrc, parseCrc } from "./crc.ts";

/** Marks a compressed container: FF, u16 LE length, zlib stream (W20, "Data compression"). */
export const CONTAINER = 0xff;
const HASH = 0x23;
const LF = 0x0a;

/** What followed the line of an `I`, `T`, `US` or `UC`: skipped, its length and CRC-16/ARC kept. */
export interface Tail {
  readonly size: number;
  readonly crc: number;
}

export type Unit =
  | { readonly kind: "packet"; readonly type: string; readonly body: Buffer; readonly tail: Tail | null }
  /** "2.0;IMEI" or "IMEI" before a packet: the UDP form. */
  | { readonly kind: "prefix"; readonly version: string | null; readonly key: string }
  | { readonly kind: "container"; readonly deflated: Buffer }
  | { readonly kind: "unknown" };

/** Reads a frame of the framer; never throws. */
export function readUnit(frame: Buffer): Unit {
  if (frame[0] === CONTAINER) return { kind: "container", deflated: frame.subarray(CONTAINER_HEAD) };
  const end = frame.indexOf(LF);
  const line = end === -1 ? frame : frame.subarray(0, end);
  if (line[0] !== HASH) return end === -1 ? { kind: "unknown" } : (readPrefix(line.subarray(0, -1)) ?? { kind: "unknown" });
  const second = line.indexOf(HASH, 1);
  if (second === -1) return { kind: "unknown" };
  const tail = end === -1 ? null : readTail(frame.toString("latin1", end + 1));
  return { kind: "packet", type: line.toString("latin1", 1, second), body: line.subarray(second + 1), tail };
}

/** Bytes of a container before its zlib stream. */
export const CONTAINER_HEAD = 3;

/** A UDP prefix without its "#", or null when it is none. */
function readPrefix(bytes: Buffer): Extract<Unit, { kind: "prefix" }> | null {
  const fields = PREFIX.exec(bytes.toString("latin1"));
  const key = fields?.[2];
  return key === undefined ? null : { kind: "prefix", version: fields?.[1] ?? null, key };
}

/**
 * How many bytes before the first packet of this line are a UDP prefix; 0: none. Without a version only an IMEI is certain, and
 * the line's own id: any other word before a packet is the rest of something else.
 */
export function prefixLength(line: Buffer, own: string | null = null): number {
  if (line[0] === HASH) return 0;
  const hash = line.indexOf(HASH);
  if (hash < 1 || hash > PREFIX_BYTES || !PACKET_HEAD.test(line.toString("latin1", hash, hash + 6))) return 0;
  const prefix = readPrefix(line.subarray(0, hash));
  if (prefix === null) return 0;
  return prefix.version !== null || prefix.key === own || IMEI.test(prefix.key) ? hash : 0;
}

/** The frame that stands for a UDP prefix. */
export function prefixFrame(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.from("#\n")]);
}

/** The frame that stands for a line and the binary body that followed it. */
export function tailFrame(line: Buffer, tail: Tail): Buffer {
  return Buffer.concat([line, Buffer.from(`\n${tail.size} ${formatCrc(tail.crc)}`)]);
}

/** One packet as bytes, with its line end; a string is Latin-1. */
export function packet(type: string, body: Buffer | string): Buffer {
  if (typeof body === "string") return Buffer.from(`#${type}#${body}\r\n`, "latin1");
  return Buffer.concat([Buffer.from(`#${type}#`, "latin1"), body, Buffer.from("\r\n")]);
}

function readTail(text: string): Tail | null {
  const [size, crc] = text.split(" ");
  if (size === undefined || crc === undefined || !/^\d+$/.test(size)) return null;
  const value = parseCrc(crc);
  return value === null ? null : { size: Number(size), crc: value };
}

/** Version and unit id together. */
const PREFIX_BYTES = 80;
const PREFIX = /^(?:(\d{1,3}\.\d{1,3});)?([0-9A-Za-z_-]{1,64})$/;
/** Or a MEID in digits. */
const IMEI = /^\d{14,18}$/;
const PACKET_HEAD = /^#[A-Z]{1,4}#/;
