/** Commands to the interpreter: 0x80 with a server flag of ours, which its reply brings back. */
import { crc16X25, type Encoded, type Order } from "../../src/core/index.ts";
import { type CommandForm, commandOf } from "../console/command.ts";
import { TYPE } from "./messages.ts";
import type { Settings } from "./profile.ts";
import { writePacket } from "./wire.ts";

/** The length byte counts protocol number, size, flag, serial and CRC as well. */
export const MAX_COMMAND_BYTES = 245;
const LANGUAGE_BYTES = 2;
const FLAG_BYTES = 4;

export interface CommandPacket {
  readonly flag: number;
  readonly serial: number;
  readonly text: Buffer;
  readonly language: Settings["language"];
}

export function formOf({ language }: Settings): CommandForm {
  return { charset: "ascii", maxBytes: language === "none" ? MAX_COMMAND_BYTES : MAX_COMMAND_BYTES - LANGUAGE_BYTES };
}

export function encodeOrder(order: Order, settings: Settings): Encoded {
  const command = commandOf(order.text, settings, formOf(settings));
  if (command.type === "refused") return command;
  const flag = flagOf(order.tag, command.bytes);
  const bytes = commandPacket({ flag, serial: order.tag & 0xffff, text: command.bytes, language: settings.language });
  return { type: "parts", parts: [{ bytes, tag: tagOf(flag) }], altered: false };
}

export function commandPacket({ flag, serial, text, language }: CommandPacket): Buffer {
  const head = Buffer.alloc(1 + FLAG_BYTES);
  head.writeUInt8(FLAG_BYTES + text.length);
  head.writeUInt32BE(flag, 1);
  const content = Buffer.concat([head, text, LANGUAGES[language]]);
  return writePacket({ form: "short", type: TYPE.command, serial, content });
}

export function tagOf(flag: number): string {
  return String(flag);
}

/** The tag below, a check of the command above: tags may start anew, other servers count flags of their own. Never 0. */
function flagOf(tag: number, text: Buffer): number {
  return ((crc16X25(text) << 16) | (tag & 0xffff)) >>> 0;
}

const LANGUAGES = { none: Buffer.alloc(0), chinese: Buffer.of(0, 1), english: Buffer.of(0, 2) } as const;
