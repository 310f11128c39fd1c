/** Bodies of the messages that a device sends. */
import { type CharsetName, encodeText } from "../../src/core/index.ts";
import { type Edition, type Settings, wideCharset } from "./profile.ts";

/** 0x0100; the fields that a chat does not need are made up. */
export function registerBody(edition: Edition): Buffer {
  const { maker, model, terminal } = REGISTER_WIDTHS[edition];
  const ids = Buffer.alloc(4);
  const texts = [field("CHAT", maker), field("simulated", model, edition === "2011" ? " " : "\0"), field("1", terminal)];
  return Buffer.concat([ids, ...texts, Buffer.from([1]), encodeText("粤A12345", "gbk").bytes]);
}

/** 0x0102. */
export function authBody(edition: Edition, code: string): Buffer {
  const bytes = encodeText(code, "gbk").bytes;
  if (edition !== "2019") return bytes;
  return Buffer.concat([Buffer.from([bytes.length]), bytes, field("123456789012345", 15), field("simulated", 20)]);
}

/** 0x0200 without attributes, ignition on; `now` stands in for the device's clock. */
export function positionBody(now: number): Buffer {
  const body = Buffer.alloc(28);
  body.writeUInt32BE(IGNITION_AND_FIX, 4);
  body.writeUInt32BE(22_500_000, 8);
  body.writeUInt32BE(114_000_000, 12);
  const digits = new Date(BIRTH + now).toISOString().replace(/\D/g, "").slice(2, 14);
  Buffer.from(digits, "hex").copy(body, 22);
  return body;
}

/** 0x6006: encoding byte and text; what GBK cannot carry goes as UTF-16. */
export function textBody(text: string, settings: Settings): Buffer {
  const charset = charsetOf(text, settings);
  return Buffer.concat([Buffer.from([charset === "utf16be" || charset === "utf16le" ? 1 : 0]), encodeText(text, charset).bytes]);
}

/** 0x0302. */
export function answerBody(questionSerial: number, answerId: number): Buffer {
  const body = Buffer.alloc(3);
  body.writeUInt16BE(questionSerial, 0);
  body.writeUInt8(answerId, 2);
  return body;
}

/** A body cut into what fits one frame each. */
export function fragmentsOf(body: Buffer, size: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) pieces.push(body.subarray(at, at + size));
  return pieces.length === 0 ? [body] : pieces;
}

const REGISTER_WIDTHS = {
  "2011": { maker: 5, model: 8, terminal: 7 },
  "2013": { maker: 5, model: 20, terminal: 7 },
  "2019": { maker: 11, model: 30, terminal: 30 },
} as const;
const IGNITION_AND_FIX = 0x3;
const BIRTH = Date.UTC(2024, 0, 1);

function charsetOf(text: string, settings: Settings): CharsetName {
  if (settings.upCharset !== "auto") return settings.upCharset;
  if (settings.charset === "utf8") return "utf8";
  return encodeText(text, "gbk").lost.length > 0 ? wideCharset(settings) : "gbk";
}

function field(text: string, width: number, pad = "\0"): Buffer {
  return Buffer.from(text.slice(0, width).padEnd(width, pad), "latin1");
}
