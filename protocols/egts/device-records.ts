/** Records that a device sends. */
import { crc8Nrsc5 } from "../../src/core/index.ts";
import { AUTH, COMMAND, CONFIRMATION, POSITION, SERVICE } from "./codes.ts";
import { writeCommand } from "./command.ts";
import type { DeviceSettings } from "./device-profile.ts";
import type { Settings } from "./profile.ts";
import { writeSubrecord } from "./records.ts";
import { IMEI_BYTES, writeTerminal } from "./terminal.ts";
import { encodeUp } from "./text.ts";

export interface Said {
  readonly service: number;
  readonly data: Buffer;
  /** OID where a link carries several units; absent: the device's own. */
  readonly object?: number;
}

/** TERM_IDENTITY, DISPATCHER_IDENTITY, or a position that names the object. */
export function introduction(deviceId: string, settings: DeviceSettings, now: number): Said {
  const id = unitNumber(deviceId.replace(LINK, "")) ?? 0;
  switch (settings.login) {
    case "imei":
      return auth(writeTerminal(id, deviceId, settings.bufferBytes));
    case "tid":
      return auth(writeTerminal(id, null, settings.bufferBytes));
    case "dispatcher":
      return auth(writeSubrecord(AUTH.dispatcher, Buffer.concat([Buffer.from([0]), uint32(id)])));
    case "object":
      return position(now);
  }
}

/** AUTH_INFO. */
export function credentials(user: string, password: string): Said {
  return auth(writeSubrecord(AUTH.info, Buffer.from(`${user}\0${password}\0`, "latin1")));
}

/** POS_DATA: valid, moving, 36 km/h; `now` stands in for the device's clock. */
export function position(now: number): Said {
  const data = Buffer.alloc(21);
  data.writeUInt32LE(Math.floor(now / 1_000) >>> 0, 0);
  data.writeUInt32LE(0x92fd1776, 4);
  data.writeUInt32LE(0x4f106443, 8);
  data.writeUInt8(0x11, 12);
  data.writeUInt16LE(360, 13);
  return { service: SERVICE.telematics, data: writeSubrecord(POSITION, data) };
}

/** MSGFROM. */
export function driverText(cid: number, text: string, settings: Settings): Said {
  const { charset, data } = encodeUp(text, settings);
  return said(writeCommand({ type: COMMAND.messageFrom, result: CONFIRMATION.ok, cid, sid: 0, charset, data }));
}

export interface Confirmed {
  readonly type: number;
  readonly result: number;
  readonly cid: number;
  readonly sid: number;
}

/** DELIV, COMCONF or MSGCONF: CID and SID are the text's own. */
export function confirmation(confirmed: Confirmed): Said {
  return said(writeCommand({ ...confirmed, charset: null, data: Buffer.alloc(0) }));
}

/** How the fleet calls a dispatcher's link. */
const LINK = /^dispatcher-/u;

/** TID or OID of a device id; null when it is no number of 32 bits. */
export function unitNumber(deviceId: string): number | null {
  const number = /^\d{1,10}$/u.test(deviceId) ? Number(deviceId) : Number.NaN;
  return number <= 0xffff_ffff ? number : null;
}

/** Throws RangeError when the device cannot say this id in this way. */
export function checkDeviceId(deviceId: string, { login }: DeviceSettings): void {
  const number = unitNumber(login === "dispatcher" ? deviceId.replace(LINK, "") : deviceId);
  const fits = login === "imei" ? deviceId.length <= IMEI_BYTES : number !== null;
  const wanted = login === "imei" ? `of at most ${IMEI_BYTES} characters` : "that is a number of 32 bits";
  if (!fits) throw new RangeError(`device id ${wanted} expected, came ${deviceId}`);
}

/** A packet as a bad link leaves it. */
export function damaged(packet: Buffer, how: DeviceSettings["damage"]): Buffer {
  const bytes = Buffer.from(packet);
  const last = bytes.length - 1;
  if (how === "header") bytes[10] = (bytes[10] ?? 0) ^ 0xff;
  if (how === "data") bytes[last] = (bytes[last] ?? 0) ^ 0xff;
  if (how === "length") {
    bytes.writeUInt8(0xc8, 6);
    bytes.writeUInt8(crc8Nrsc5(bytes.subarray(0, 10)), 10);
  }
  return bytes;
}

function auth(data: Buffer): Said {
  return { service: SERVICE.auth, data };
}

function said(data: Buffer): Said {
  return { service: SERVICE.commands, data };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
