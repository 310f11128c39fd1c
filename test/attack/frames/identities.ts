/** Who a device says it is, falsified: in the bytes of its login, wherever and however it stands there, and by a device that has such a name. */
import type { Seat } from "./seats.ts";

/** Repeated to the length of what they replace. */
const FILLERS = [
  Buffer.from(".."),
  Buffer.of(0),
  Buffer.from("{}"),
  Buffer.from("9"),
  Buffer.of(0x99),
  Buffer.of(0xff),
  Buffer.from("\r\n"),
];
const HUGE_BYTES = 4 * 1024;
/** Names that a model may be able to say with all its checks right. Nobody has one of them. */
const NAMES = [
  "../../etc/passwd",
  "1234\u0000567",
  "{}",
  "{t1}:ev",
  "__proto__",
  "constructor",
  "0",
  "000000000000000",
  "999999999999999",
  "18446744073709551616",
  "-1",
  "1;2,3#4*5",
  "9".repeat(300),
  "9".repeat(HUGE_BYTES),
];

/** Logins of this seat with another identity in place of its own; each is followed by a text. */
export function identities(seat: Seat): readonly (readonly Buffer[])[] {
  const { login, text } = seat.words;
  const rest = text === null ? [] : [text.bytes];
  const places = placesOf(login.bytes, seat.deviceId);
  const falsified = places.flatMap(({ at, length }) => {
    const instead = (bytes: Buffer): Buffer => Buffer.concat([login.bytes.subarray(0, at), bytes, login.bytes.subarray(at + length)]);
    const same = FILLERS.map((filler) => instead(Buffer.alloc(length, filler)));
    return [...same, ...FILLERS.map((filler) => instead(Buffer.alloc(HUGE_BYTES, filler))), instead(Buffer.alloc(0))];
  });
  return [
    ...falsified.map((bytes) => [bytes, ...rest]),
    ...NAMES.flatMap((name) => openingAs(seat, name)).map((bytes) => [...bytes, ...rest]),
  ];
}

interface Place {
  readonly at: number;
  readonly length: number;
}

/** As letters, as digits packed two to a byte, and as a number. */
function placesOf(bytes: Buffer, deviceId: string): readonly Place[] {
  const places: Place[] = [];
  const letters = bytes.indexOf(deviceId, 0, "latin1");
  if (letters !== -1) places.push({ at: letters, length: deviceId.length });
  const packed = bytes.toString("hex").indexOf(deviceId);
  if (packed !== -1) places.push({ at: packed >> 1, length: ((packed + deviceId.length + 1) >> 1) - (packed >> 1) });
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(deviceId));
  const big = bytes.indexOf(number);
  if (big !== -1) places.push({ at: big, length: number.length });
  return places;
}

/** None: a device cannot be called that. */
function openingAs({ protocol, profile }: Seat, deviceId: string): readonly (readonly Buffer[])[] {
  try {
    const device = protocol.device({ deviceId, password: null, profile, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
    return [device.connected(0).flatMap((output) => (output.type === "write" ? [output.bytes] : []))];
  } catch {
    return [];
  }
}
