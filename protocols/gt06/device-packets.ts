/** What a device sends: logins, heartbeats, made-up positions and alarms, and what its interpreter says. */
import { encodeText } from "../../src/core/index.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { imeiOf } from "./identity.ts";
import { TYPE } from "./messages.ts";
import { writePacket } from "./wire.ts";

export function loginPacket(deviceId: string, serial: number, login: DeviceSettings["login"]): Buffer {
  const imei = imeiOf(deviceId);
  const content = login === "long" ? Buffer.concat([imei, LONG_LOGIN]) : imei;
  return writePacket({ form: "short", type: TYPE.login, serial, content });
}

export function heartbeatPacket(serial: number): Buffer {
  return writePacket({ form: "short", type: TYPE.heartbeat, serial, content: HEARTBEAT });
}

export function positionPacket(serial: number, now: number): Buffer {
  return writePacket({ form: "short", type: TYPE.positionNew, serial, content: Buffer.concat([place(now), CELL, Buffer.of(1, 0, 0)]) });
}

export function alarmPacket(serial: number, now: number): Buffer {
  const content = Buffer.concat([place(now), Buffer.of(CELL.length + 1), CELL, HEARTBEAT.subarray(0, 3), SOS]);
  return writePacket({ form: "short", type: TYPE.alarmNew, serial, content });
}

export function timePacket(serial: number): Buffer {
  return writePacket({ form: "short", type: TYPE.time, serial, content: Buffer.alloc(0) });
}

export function addressPacket(serial: number, now: number): Buffer {
  const content = Buffer.concat([place(now), Buffer.alloc(21, "0"), Buffer.of(0, 2)]);
  return writePacket({ form: "short", type: TYPE.addressRequest, serial, content });
}

/** What the interpreter says to the command with this flag. */
export function replyPacket(
  serial: number,
  said: { readonly flag: number; readonly text: string },
  form: DeviceSettings["replies"],
): Buffer {
  const flag = Buffer.alloc(4);
  flag.writeUInt32BE(said.flag);
  if (form === "21" || form === "21-utf16") {
    const wide = form === "21-utf16";
    const text = encodeText(said.text, wide ? "utf16be" : "ascii").bytes;
    return writePacket({ form: "long", type: TYPE.stringNew, serial, content: Buffer.concat([flag, Buffer.of(wide ? 2 : 1), text]) });
  }
  const text = encodeText(said.text, "ascii").bytes.subarray(0, MAX_OLD_BYTES);
  const padded = form === "15-padded";
  const body = padded ? Buffer.concat([text, Buffer.alloc(PADDED_BYTES)], Math.max(PADDED_BYTES, text.length)) : text;
  const size = Buffer.of(padded ? 0 : flag.length + text.length);
  const language = form === "15" ? Buffer.alloc(0) : ENGLISH;
  return writePacket({ form: "short", type: TYPE.stringOld, serial, content: Buffer.concat([size, flag, body, language]) });
}

/** The length byte counts nine bytes more, and two of a language. */
const MAX_OLD_BYTES = 240;
/** TRC has such buffers in a packet of 107 bytes. */
const PADDED_BYTES = 90;
/** Type 7000, zone 3201: eight hours east, Chinese. */
const LONG_LOGIN = Buffer.from("70003201", "hex");
/** Ignition on, full battery, strong signal, no alarm, English. */
const HEARTBEAT = Buffer.from("4604040002", "hex");
const CELL = Buffer.from("01cc00287d001f71", "hex");
const SOS = Buffer.of(1, 2);
const ENGLISH = Buffer.of(0, 2);
const BIRTH = Date.UTC(2024, 0, 1);

/** Time, satellites, latitude, longitude, 50 km/h, course with a position; `now` stands in for the device's clock. */
function place(now: number): Buffer {
  const time = new Date(BIRTH + now);
  const bytes = Buffer.alloc(18);
  const date = [time.getUTCFullYear() - 2000, time.getUTCMonth() + 1, time.getUTCDate()];
  bytes.set([...date, time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds(), 0xc9]);
  bytes.writeUInt32BE(98_436_960, 7);
  bytes.writeUInt32BE(45_503_460, 11);
  bytes.writeUInt8(50, 15);
  bytes.writeUInt16BE(0x1400, 16);
  return bytes;
}
