/** What a device sends: its head pack, made-up positions, and replies. */
import { encodeText } from "../../src/core/index.ts";
import { commandPacket } from "./commands.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { IMEI_BYTES, TAG } from "./tags.ts";
import { HEAD, writePacket } from "./wire.ts";

/** Throws RangeError when the id is not up to 15 digits. */
export function imeiOf(deviceId: string): string {
  if (!/^\d{1,15}$/u.test(deviceId)) throw new RangeError(`an IMEI of up to 15 digits expected, came ${JSON.stringify(deviceId)}`);
  return deviceId.padStart(IMEI_BYTES, "0");
}

export function headPack(imei: string, deviceNumber: number): Buffer {
  const head = Buffer.of(TAG.hardware, 0x82, TAG.firmware, 0x14, TAG.imei);
  const device = Buffer.of(TAG.device, 0, 0);
  device.writeUInt16LE(deviceNumber, 1);
  return writePacket(HEAD.pack, Buffer.concat([head, Buffer.from(imei), device]), true);
}

/** `now` stands in for the device's clock. */
export function positionPack({ packs, deviceNumber }: DeviceSettings, index: number, now: number): Buffer {
  if (packs === "photo") return writePacket(HEAD.photo, Buffer.concat([Buffer.of(index & 0xff), Buffer.alloc(200, 0xd8)]));
  if (packs === "compressed")
    return writePacket(HEAD.compressed, Buffer.concat([Buffer.alloc(10, 0x5a), Buffer.of(1, 0x41), Buffer.of(0x2a, 0x41)]));
  const body = Buffer.alloc(3 + 3 + 5 + 10 + 5);
  body.writeUInt8(TAG.device, 0);
  body.writeUInt16LE(deviceNumber, 1);
  body.writeUInt8(TAG.index, 3);
  body.writeUInt16LE(index & 0xffff, 4);
  body.writeUInt8(TAG.time, 6);
  body.writeUInt32LE(Math.floor((BIRTH + now) / 1_000), 7);
  body.set([TAG.position, 0x09], 11);
  body.writeInt32LE(54_687_200, 13);
  body.writeInt32LE(25_279_700, 17);
  body.writeUInt8(TAG.speed, 21);
  body.writeUInt16LE(500, 22);
  return writePacket(HEAD.pack, body);
}

const BIRTH = Date.UTC(2024, 0, 1);
const MAX_TEXT_BYTES = 255;

/** The same structure as a command. */
export function replyPack(imei: string, said: { readonly number: number; readonly text: string }, settings: DeviceSettings): Buffer {
  const text = encodeText(said.text, settings.charset).bytes.subarray(0, MAX_TEXT_BYTES);
  return commandPacket({ imei, device: settings.deviceNumber }, said.number, text);
}
