/**
 * Mends lengths and checks of a mutated frame as its protocol counts them, so that what lies behind them is reached. Each is
 * made of the arithmetic of the core alone: a mistake of the protocol's own reader is not repeated here.
 */
import { crc8Nrsc5, crc16Arc, crc16CcittFalse, crc16Kermit, crc16Modbus, crc16X25, sum8, xor8 } from "../../src/core/index.ts";

/** Gives the frame with its length and checks mended, or as it came where it is too short or too strange for that. */
export type Seal = (frame: Buffer) => Buffer;

/** By protocol; one that is not here has no checks, or is fuzzed with them as they come. */
export const SEALS: Readonly<Record<string, Seal>> = {
  egts: sealEgts,
  galileosky: sealGalileosky,
  gt06: sealGt06,
  jt808: sealJt808,
  meitrack: sealMeitrack,
  navtelecom: (frame) =>
    frame[0] === AT ? sealNtcb(frame) : sealed(frame, 1, (out) => out.writeUInt8(crc8Nrsc5(out.subarray(0, -1)), out.length - 1)),
  ruptela: sealRuptela,
  teltonika: sealTeltonika,
  watch: sealWatch,
  "wialon-ips": sealWialon,
};

const AT = 0x40;
const FLAG = 0x7e;
const ESCAPE = 0x7d;
const DLE = 0x10;
const CONTAINER = 0xff;

/** A copy, changed; frames shorter than `least` stay as they are. */
function sealed(frame: Buffer, least: number, mend: (out: Buffer) => void): Buffer {
  if (frame.length < least) return frame;
  const out = Buffer.from(frame);
  mend(out);
  return out;
}

function sealEgts(frame: Buffer): Buffer {
  return sealed(frame, 13, (out) => {
    const head = out[3] === 16 && out.length > 18 ? 16 : 11;
    out[0] = 1;
    out[3] = head;
    out.writeUInt16LE(Math.min(0xffff, out.length - head - 2), 5);
    out.writeUInt8(crc8Nrsc5(out.subarray(0, head - 1)), head - 1);
    out.writeUInt16LE(crc16CcittFalse(out.subarray(head, -2)), out.length - 2);
  });
}

function sealGalileosky(frame: Buffer): Buffer {
  return sealed(frame, 5, (out) => {
    const archive = out.readUInt16LE(1) & 0x8000;
    out.writeUInt16LE(((out.length - 5) & 0x7fff) | archive, 1);
    out.writeUInt16LE(crc16Modbus(out.subarray(0, -2)), out.length - 2);
  });
}

function sealGt06(frame: Buffer): Buffer {
  return sealed(frame, 10, (out) => {
    const long = out[0] === 0x79;
    out.fill(long ? 0x79 : 0x78, 0, 2);
    if (long) out.writeUInt16BE((out.length - 6) & 0xffff, 2);
    else out.writeUInt8((out.length - 5) & 0xff, 2);
    out.writeUInt16BE(crc16X25(out.subarray(2, -4)), out.length - 4);
    out.write("\r\n", out.length - 2);
  });
}

/** Every flag and escape between the outer flags is escaped anew; the ten bits of the length are the body's. */
function sealJt808(frame: Buffer): Buffer {
  if (frame.length < 15) return frame;
  const content = unescaped(frame.subarray(1, -1)).subarray(0, -1);
  if (content.length < 12) return frame;
  const props = content.readUInt16BE(2);
  const head = (props & 0x4000 ? 17 : 12) + (props & 0x2000 ? 4 : 0);
  content.writeUInt16BE((props & 0xfc00) | (Math.max(0, content.length - head) & 0x3ff), 2);
  const check = xor8(content);
  const out = Buffer.alloc(2 * content.length + 4, FLAG);
  let at = 1;
  for (const byte of content) at = escapedInto(out, at, byte);
  return out.subarray(0, escapedInto(out, at, check) + 1);
}

function escapedInto(out: Buffer, at: number, byte: number): number {
  const special = byte === FLAG || byte === ESCAPE;
  out[at] = special ? ESCAPE : byte;
  if (special) out[at + 1] = byte - ESCAPE + 1;
  return special ? at + 2 : at + 1;
}

function unescaped(bytes: Buffer): Buffer {
  const plain = Buffer.alloc(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1, length += 1) {
    const code = bytes[at] === ESCAPE ? bytes[at + 1] : undefined;
    const pair = code === 1 || code === 2;
    plain[length] = pair ? ESCAPE + code - 1 : (bytes[at] ?? 0);
    if (pair) at += 1;
  }
  return plain.subarray(0, length);
}

function sealMeitrack(frame: Buffer): Buffer {
  const comma = frame.indexOf(",");
  if (comma < 3 || frame.length < comma + 6) return frame;
  const rest = frame.subarray(comma, -5);
  const summed = Buffer.concat([frame.subarray(0, 3), Buffer.from(String(rest.length + 5)), rest, Buffer.from("*")]);
  return Buffer.concat([summed, Buffer.from(`${hex(sum8(summed), 2)}\r\n`)]);
}

function sealNtcb(frame: Buffer): Buffer {
  return sealed(frame, 16, (out) => {
    out.write("@NTC");
    out.writeUInt16LE((out.length - 16) & 0xffff, 12);
    out.writeUInt8(xor8(out.subarray(16)), 14);
    out.writeUInt8(xor8(out.subarray(0, 15)), 15);
  });
}

function sealRuptela(frame: Buffer): Buffer {
  return sealed(frame, 5, (out) => {
    out.writeUInt16BE((out.length - 4) & 0xffff, 0);
    out.writeUInt16BE(crc16Kermit(out.subarray(2, -2)), out.length - 2);
  });
}

function sealTeltonika(frame: Buffer): Buffer {
  return sealed(frame, 13, (out) => {
    // A login: its two bytes of length.
    if (out.readUInt32BE(0) !== 0) return void out.writeUInt16BE((out.length - 2) & 0xffff, 0);
    out.writeUInt32BE(out.length - 12, 4);
    const message = out[8] === 0x0c || out[8] === 0x0d || out[8] === 0x0e || out[8] === 0x0f;
    if (message && out.length >= 20) out.writeUInt32BE(out.length - 20, 11);
    out.writeUInt32BE(crc16Arc(out.subarray(8, -4)), out.length - 4);
  });
}

/** `[3G*id*LEN*content]`, with or without an index before the length. */
function sealWatch(frame: Buffer): Buffer {
  const head = /^\[[^*]{2}\*[^*]{1,20}\*(?:[0-9A-Fa-f]{1,8}\*)?(?=[0-9A-Fa-f]{4}\*)/.exec(frame.toString("latin1", 0, 48))?.[0];
  if (head === undefined || frame.length < head.length + 6) return frame;
  const content = frame.subarray(head.length + 5, -1);
  return Buffer.concat([Buffer.from(`${head}${hex(content.length & 0xffff, 4)}*`, "latin1"), content, Buffer.from("]")]);
}

/** Version 2.x: the last field is the CRC of all before it; lines of 1.x get one too many, which is a mutation as well. */
function sealWialon(frame: Buffer): Buffer {
  if (frame[0] === CONTAINER) return sealed(frame, 4, (out) => out.writeUInt16LE((out.length - 3) & 0xffff, 1));
  const [start, end] = [frame.indexOf("#", 1) + 1, frame.lastIndexOf(frame.includes("#B#") ? "|" : ";") + 1];
  if (frame[0] !== 0x23 || start === 0 || end <= start) return frame;
  return Buffer.concat([frame.subarray(0, end), Buffer.from(`${hex(crc16Arc(frame.subarray(start, end)), 4)}\r\n`)]);
}

/** Garmin's link frame: size, checksum and doubled 10s. */
export function sealGarmin(frame: Buffer): Buffer {
  if (frame.length < 6) return frame;
  const content: number[] = [];
  for (let at = 2; at < frame.length - 2; at += frame[at] === DLE && frame[at + 1] === DLE ? 2 : 1) content.push(frame[at] ?? 0);
  const id = frame[1] ?? 0;
  const payload = content.slice(1, -1).slice(0, 255);
  const sum = payload.reduce((total, byte) => total + byte, id + payload.length);
  const inner = [payload.length, ...payload, -sum & 0xff];
  return Buffer.from([DLE, id, ...inner.flatMap((byte) => (byte === DLE ? [DLE, DLE] : [byte])), DLE, 3]);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
