/** The packets of Meitrack: `$$` (tracker) or `@@` (server), data identifier, length, IMEI, command, data, checksum (MTK18, chapter 1). */
import { type Direction, sum8 } from "../../src/core/index.ts";

/** How a packet starts. */
export const MARK: Readonly<Record<Direction, string>> = { up: "$$", down: "@@" };
/** Data identifiers: one character from 'A' to 'z', the six between 'Z' and 'a' among them. A tracker's may be any that is no digit. */
export const LETTERS = 58;

export interface Packet {
  readonly direction: Direction;
  readonly letter: string;
  readonly imei: string;
  readonly command: string;
  /** What follows the command and its comma. */
  readonly data: Buffer;
}

export type Read =
  /** `declared` and `actual`: bytes from the first comma through the line end. */
  | { readonly type: "packet"; readonly packet: Packet; readonly declared: number; readonly actual: number }
  | { readonly type: "bad"; readonly reason: string };

/** Reads what the framer cut out. The length is not judged: real trackers count wrongly and sum rightly. */
export function readPacket(frame: Buffer): Read {
  const end = frame.length - TAIL_BYTES;
  const head = HEAD.exec(frame.toString("latin1", 0, Math.min(HEAD_BYTES, Math.max(end, 0))));
  if (head === null || !isTail(frame.subarray(Math.max(end, 0)))) return { type: "bad", reason: "no packet of Meitrack" };
  const [whole, mark = "", letter = "", declared = "", imei = "", command = ""] = head;
  const check = hex2(sum8(frame.subarray(0, end + 1)));
  const given = frame.toString("latin1", end + 1, end + 3).toUpperCase();
  if (given !== check) return { type: "bad", reason: `a ${command} with the checksum ${given}, its bytes have ${check}` };
  const rest = frame.subarray(whole.length, end);
  if (rest.length > 0 && rest[0] !== COMMA) return { type: "bad", reason: `a command longer than ${command}` };
  const packet: Packet = { direction: mark === MARK.up ? "up" : "down", letter, imei, command, data: rest.subarray(1) };
  return { type: "packet", packet, declared: Number(declared), actual: frame.length - frame.indexOf(COMMA) };
}

/** A packet as bytes; data as a string is Latin-1, and none leaves out its comma. */
export function writePacket(packet: Omit<Packet, "data"> & { readonly data: Buffer | string }): Buffer {
  const { direction, letter, imei, command } = packet;
  const data = typeof packet.data === "string" ? Buffer.from(packet.data, "latin1") : packet.data;
  const body = Buffer.concat([Buffer.from(`,${imei},${command}${data.length > 0 ? "," : ""}`, "latin1"), data]);
  const summed = Buffer.concat([Buffer.from(`${MARK[direction]}${letter}${body.length + TAIL_BYTES}`, "latin1"), body, Buffer.from("*")]);
  return Buffer.concat([summed, Buffer.from(`${hex2(sum8(summed))}\r\n`)]);
}

/** The letter with this number, counted round and round. */
export function letterOf(number: number): string {
  return String.fromCharCode(FIRST_LETTER + (number % LETTERS));
}

/** `*`, two hex digits, CR LF. */
export const TAIL_BYTES = 5;

/** Do these bytes end a packet, as far as `*` and two hex digits tell? */
export function isCheck(bytes: Buffer, at: number): boolean {
  return bytes[at] === STAR && isHex(bytes[at + 1]) && isHex(bytes[at + 2]);
}

const FIRST_LETTER = 0x41;
const COMMA = 0x2c;
const STAR = 0x2a;
/** Start, letter, length, IMEI and command take no more. */
const HEAD_BYTES = 40;
const HEAD = /^(\$\$|@@)([!-+.-/:-~-])(\d{1,4}),(\d{5,20}),([0-9A-Z]{3})/;

function isTail(bytes: Buffer): boolean {
  return isCheck(bytes, 0) && bytes[3] === 0x0d && bytes[4] === 0x0a;
}

function isHex(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9a-f]/i.test(String.fromCharCode(byte));
}

function hex2(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}
