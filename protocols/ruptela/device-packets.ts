/** Payloads that a device sends: who it is, and made-up records. */
import type { DeviceSettings } from "./device-profile.ts";

/** A firmware's name and what follows it, as a device of TRC sends it. */
export const IDENTIFICATION = Buffer.from("4f42443130302e30312e30382e30300000c2b30ea77e430000601b000001f40000003c0014", "hex");

/** `now` stands in for the device's clock. */
export function recordsPayload({ records, count }: DeviceSettings, now: number): Buffer {
  const body = Buffer.concat([place(now, records), IO[records]]);
  return Buffer.concat([Buffer.of(0, count), ...Array.from({ length: count }, () => body)]);
}

const BIRTH = Date.UTC(2024, 0, 1);
/** Event, then ignition (251, 409) on among the elements of one byte. */
const IO = {
  records: Buffer.from("0901fb01000000", "hex"),
  extended: Buffer.from("0009010199010000" + "00", "hex"),
} as const;

/** Time, extensions, priority, longitude, latitude, altitude, angle, satellites, 50 km/h, precision. */
function place(now: number, records: DeviceSettings["records"]): Buffer {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(Math.floor((BIRTH + now) / 1_000));
  const extensions = Buffer.alloc(records === "extended" ? 3 : 2);
  const rest = Buffer.alloc(16);
  rest.writeInt32BE(252_797_000, 0);
  rest.writeInt32BE(546_872_000, 4);
  rest.writeUInt8(9, 12);
  rest.writeUInt16BE(50, 13);
  rest.writeUInt8(8, 15);
  return Buffer.concat([time, extensions, rest]);
}
