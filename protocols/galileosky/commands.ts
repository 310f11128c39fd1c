/** Commands to the interpreter: a pack with IMEI, device number, a number of ours and the text, which the reply brings back. */
import { crc16Modbus, type Order } from "../../src/core/index.ts";
import type { InnerEncoded } from "../carried/inner.ts";
import { type CommandForm, commandOf } from "../console/command.ts";
import type { Settings } from "./profile.ts";
import { TAG } from "./tags.ts";
import { HEAD, writePacket } from "./wire.ts";

/** The length of a text is one byte. */
export const MAX_COMMAND_BYTES = 255;

/** Whom a command is for. */
export interface Addressee {
  readonly imei: string;
  /** 0: not known, which a device accepts beside its IMEI (TRC). */
  readonly device: number;
}

export function formOf({ charset }: Settings): CommandForm {
  return { charset, maxBytes: MAX_COMMAND_BYTES };
}

export function encodeCommand(order: Order, settings: Settings, addressee: Addressee): InnerEncoded {
  const command = commandOf(order.text, settings, formOf(settings));
  if (command.type === "refused") return command;
  const number = numberOf(order.tag, command.bytes);
  return { type: "parts", parts: [{ payload: commandPacket(addressee, number, command.bytes), tag: tagOf(number) }], altered: false };
}

/** All of these tags, in this order (manual v5.1, p. 92). */
export function commandPacket({ imei, device }: Addressee, number: number, text: Buffer): Buffer {
  const head = Buffer.alloc(1 + 2 + 1 + 4 + 2);
  head.writeUInt8(TAG.device);
  head.writeUInt16LE(device, 1);
  head.writeUInt8(TAG.number, 3);
  head.writeUInt32LE(number, 4);
  head.writeUInt8(TAG.text, 8);
  head.writeUInt8(text.length, 9);
  return writePacket(HEAD.pack, Buffer.concat([Buffer.of(TAG.imei), Buffer.from(imei, "latin1"), head, text]));
}

export function tagOf(number: number): string {
  return String(number);
}

/** The tag below, a check of the text above: tags may start anew, other servers have numbers of their own. Never 0. */
function numberOf(tag: number, text: Buffer): number {
  return ((crc16Modbus(text) << 16) | (tag & 0xffff)) >>> 0;
}
