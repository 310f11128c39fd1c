/** What a device sends: logins, made-up records, and the bytes of its port. */
import type { DeviceSettings } from "./device-profile.ts";
import { CODEC, messageFrame, seal } from "./wire.ts";

export function loginFrame(imei: string): Buffer {
  const key = Buffer.from(imei, "latin1");
  const head = Buffer.alloc(2);
  head.writeUInt16BE(key.length);
  return Buffer.concat([head, key]);
}

/** `now` stands in for the device's clock. */
export function recordsFrame({ avl, records }: DeviceSettings, now: number): Buffer {
  const codec = { "8": CODEC.avl8, "8e": CODEC.avl8e, "16": CODEC.avl16 }[avl];
  const count = Buffer.of(records);
  const bodies = Array.from({ length: records }, () => Buffer.concat([place(now), IO[avl]]));
  return seal(Buffer.concat([Buffer.of(codec), count, ...bodies, count]));
}

/** Bytes of the serial port on their way up. */
export function portFrame(payload: Buffer, { upCodec, upType }: DeviceSettings, device: { imei: string; now: number }): Buffer {
  const codec = { 12: CODEC.text, 13: CODEC.timed, 15: CODEC.both }[upCodec];
  const time = upCodec === 12 ? null : Math.floor((BIRTH + device.now) / 1_000);
  return messageFrame({ codec, type: upType, time, imei: upCodec === 15 ? device.imei : null, payload });
}

const BIRTH = Date.UTC(2024, 0, 1);
/** Ignition (id 239) on, in each codec's own widths. */
const IO = {
  "8": Buffer.from("000101ef01000000", "hex"),
  "8e": Buffer.from("00000001000100ef010000000000000000", "hex"),
  "16": Buffer.from("0000050101" + "00ef01" + "000000", "hex"),
} as const;

/** Time, priority, longitude, latitude, altitude, angle, satellites, speed. */
function place(now: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64BE(BigInt(Math.floor(BIRTH + now)));
  bytes.writeInt32BE(252_797_000, 9);
  bytes.writeInt32BE(546_872_000, 13);
  bytes.writeUInt8(9, 21);
  bytes.writeUInt16BE(50, 22);
  return bytes;
}
