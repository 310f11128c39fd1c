/** The wire below the header: flags, escapes and the check byte (JT/T 808-2013, 4.4; the same in 2019). */
import { xor8 } from "../../src/core/index.ts";

export const FLAG = 0x7e;
/** Ten bits of the props carry the body length. */
export const MAX_BODY_BYTES = 1023;
/** 2019, fragmented: the longest header. */
const MAX_HEADER_BYTES = 21;
/** Two flags around header, body and check byte, every byte of them escaped: 2092. */
export const MAX_FRAME_BYTES = 2 + 2 * (MAX_HEADER_BYTES + MAX_BODY_BYTES + 1);

export type Unsealed = { readonly type: "ok"; readonly bytes: Buffer } | { readonly type: "bad"; readonly reason: string };

/** Adds the check byte, escapes, and sets the flags around header and body. */
export function seal(content: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + 2 * (content.length + 1));
  let at = 0;
  frame[at++] = FLAG;
  for (const byte of content) at = escapeInto(frame, at, byte);
  at = escapeInto(frame, at, xor8(content));
  frame[at++] = FLAG;
  return frame.subarray(0, at);
}

/** Header and body of a frame with both flags: unescaped first, then checked. */
export function unseal(frame: Buffer): Unsealed {
  if (frame.length < 2 || frame[0] !== FLAG || frame[frame.length - 1] !== FLAG) return bad("a frame starts and ends with 7E");
  const inner = unescaped(frame.subarray(1, -1));
  if (inner === null) return bad("7D must be followed by 01 or 02");
  if (inner.length < 2) return bad(`a frame of ${inner.length} bytes`);
  const check = inner[inner.length - 1] ?? 0;
  const bytes = inner.subarray(0, -1);
  const computed = xor8(bytes);
  if (check !== computed) return bad(`check byte: expected ${hex2(computed)}, came ${hex2(check)}`);
  return { type: "ok", bytes };
}

/** Unescapes what stands between the flags; null when a 7D is followed by neither 01 nor 02. */
export function unescaped(bytes: Buffer): Buffer | null {
  if (!bytes.includes(ESCAPE)) return bytes;
  const plain = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at] ?? 0;
    if (byte === ESCAPE) {
      at += 1;
      const code = bytes[at];
      if (code !== ESCAPED_ESCAPE && code !== ESCAPED_FLAG) return null;
      byte = code === ESCAPED_ESCAPE ? ESCAPE : FLAG;
    }
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}

const ESCAPE = 0x7d;
const ESCAPED_ESCAPE = 0x01;
const ESCAPED_FLAG = 0x02;

function escapeInto(frame: Buffer, at: number, byte: number): number {
  if (byte !== FLAG && byte !== ESCAPE) {
    frame[at] = byte;
    return at + 1;
  }
  frame[at] = ESCAPE;
  frame[at + 1] = byte === FLAG ? ESCAPED_FLAG : ESCAPED_ESCAPE;
  return at + 2;
}

function bad(reason: string): Unsealed {
  return { type: "bad", reason };
}

function hex2(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
