/** Frames without their auth code: what is kept of a conversation must still log in when it is played again. */
import { type Direction, decodeText, encodeText, withoutTail } from "../../src/core/index.ts";
import { type Packet, parseFrame, writeFrame } from "./header.ts";
import { readAuth } from "./layout.ts";
import { ID } from "./messages.ts";

type Covering = (secret: string) => string;

/** Null: the frame carries no auth code, or is none that can be read. */
export function redact(frame: Buffer, direction: Direction, cover: Covering): Buffer | null {
  const parsed = parseFrame(frame);
  if (parsed.type === "bad") return null;
  const { header } = parsed.packet;
  const body = direction === "up" ? authentication(parsed.packet, cover) : registered(parsed.packet, cover);
  return body === null ? null : writeFrame(header, body);
}

/** 0x0102: the code, with a length before it or without as it came. */
function authentication({ header, body }: Packet, cover: Covering): Buffer | null {
  if (header.id !== ID.auth) return null;
  const { code, rest } = readAuth(body, header.address.form);
  const other = covered(code, cover);
  return rest === null ? other : Buffer.concat([Buffer.from([other.length]), other, rest]);
}

/** 0x8100: serial, result, code. */
function registered({ header, body }: Packet, cover: Covering): Buffer | null {
  if (header.id !== ID.registered || body.length <= REGISTERED_HEAD_BYTES) return null;
  return Buffer.concat([body.subarray(0, REGISTERED_HEAD_BYTES), covered(body.subarray(REGISTERED_HEAD_BYTES), cover)]);
}

/** NULs behind a code are no part of it. */
function covered(code: Buffer, cover: Covering): Buffer {
  return encodeText(cover(withoutTail(decodeText(code, "gbk").text, "\0")), "gbk").bytes;
}

const REGISTERED_HEAD_BYTES = 3;
