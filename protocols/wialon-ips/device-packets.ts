/** The packets of the simulated device, in its dialect and with its habits. */
import { crc16Arc, encodeText } from "../../src/core/index.ts";
import { makeContainer } from "./container.ts";
import { formatCrc } from "./crc.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { dialectOf } from "./login.ts";

/** A packet to be answered before the next one goes out. */
export interface Outgoing {
  readonly type: "L" | "P" | "SD" | "D" | "B" | "M";
  readonly bytes: Buffer;
  /** The driver's text in it. */
  readonly text: string | null;
  /** Sent once more because the server complained about the CRC. */
  readonly repeated: boolean;
}

export function loginPacket(deviceId: string, password: string | null, settings: DeviceSettings): Outgoing {
  const fields = `${deviceId};${password ?? "NA"}`;
  const body = dialectOf(settings.version) === "1.x" ? fields : `${settings.version};${fields}`;
  return outgoing("L", null, checked(Buffer.from(body), ";", settings), settings);
}

export function pingPacket(settings: DeviceSettings): Outgoing {
  return outgoing("P", null, Buffer.alloc(0), settings);
}

/** A position of the kind that the profile names, without a date: server time. */
export function positionPacket(settings: DeviceSettings): Outgoing {
  return recordPacket(settings.positions, null, settings);
}

/** A driver's text in the packet that the profile names. */
export function textOutgoing(text: string, settings: DeviceSettings): Outgoing {
  if (settings.textIn !== "M") return recordPacket(settings.textIn, text, settings);
  return outgoing("M", text, checked(encodeText(oneLine(text), settings.charset).bytes, ";", settings), settings);
}

function recordPacket(type: "SD" | "D" | "B", text: string | null, settings: DeviceSettings): Outgoing {
  const extended = text === null ? `${SHORT};1.1;0;0;;NA;NA` : `${SHORT};1.1;0;0;;NA;text:3:${oneLine(text)}`;
  const body = type === "SD" ? SHORT : type === "D" ? extended : `${SHORT}|${extended}`;
  return outgoing(type, text, checked(encodeText(body, settings.charset).bytes, type === "B" ? "|" : ";", settings), settings);
}

function outgoing(type: Outgoing["type"], text: string | null, body: Buffer, settings: DeviceSettings): Outgoing {
  const line = Buffer.concat([Buffer.from(`#${type}#`), body]);
  const packed = settings.compressed === "all" || (settings.compressed === "login" && type === "L");
  return { type, text, repeated: false, bytes: packed ? makeContainer(line) : Buffer.concat([line, Buffer.from(settings.lineEnd)]) };
}

function checked(content: Buffer, separator: ";" | "|", settings: DeviceSettings): Buffer {
  if (dialectOf(settings.version) === "1.x") return content;
  const body = Buffer.concat([content, Buffer.from(separator)]);
  return Buffer.concat([body, Buffer.from(writeCrc(crc16Arc(body), settings.crc))]);
}

function writeCrc(value: number, style: DeviceSettings["crc"]): string {
  if (style === "short") return value.toString(16);
  return style === "0x" ? `0x${value.toString(16).toUpperCase()}` : formatCrc(value);
}

/** What a device's own editor would not let through. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}

/** Minsk, without date and time: server time. */
const SHORT = "NA;NA;5355.0926;N;02732.4099;E;0;0;300;7";
