/** What the simulated device says: heartbeats, positions, the port's bytes in their three forms, acknowledgements. */
import { splitText } from "../../src/core/index.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { base64Room, MAX_DATA_BYTES } from "./profile.ts";

/** Name of a message and what stands between device name and send time. */
export interface Content {
  readonly name: string;
  readonly body: readonly string[];
}

export interface Sender {
  readonly settings: DeviceSettings;
  readonly deviceId: string;
}

/** Bytes of the port in one message in hex. */
const MAX_HEX_BYTES = 1000;
/** The device's clock began with it. */
const EPOCH = Date.UTC(2026, 0, 1);

export function message(head: "RESP" | "BUFF" | "ACK" | "NACK", content: Content, stamp: Stamp, { settings, deviceId }: Sender): Buffer {
  const fields = [`+${head}:GT${content.name}`, settings.version, deviceId, settings.name, ...content.body, stamp.time, stamp.count];
  return Buffer.from(`${fields.join(",")}$`, "latin1");
}

/** What makes a message the same when it is sent again. */
export interface Stamp {
  readonly time: string;
  readonly count: string;
}

export function timeAt(now: number): string {
  return new Date(EPOCH + now).toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

export const HEARTBEAT: Content = { name: "HBD", body: [] };

/** At 50 km/h, ignition on. */
export function position(now: number): Content {
  const location = ["1", "50.0", "92", "70.0", "121.354335", "31.222073", timeAt(now), "0460", "0000", "18D8", "6141", "00"];
  return { name: "FRI", body: ["", "", "10", "1", ...location, "2000.0", "", "", "", "80", "220100", "", "", ""] };
}

/** A driver's text, as the terminal at the port would hand it over. */
export function spokenText(text: string, { form, charset }: DeviceSettings): readonly Content[] {
  const plain = form === "auto" ? /^[\x20-\x7e]+$/.test(text) && !/[,$]/.test(text) && text.length <= MAX_DATA_BYTES : form !== "hex";
  if (!plain) return splitText(text, charset, MAX_HEX_BYTES).parts.map(inHex);
  const safe = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").replaceAll(/[,$]/g, ";");
  return splitText(safe, "ascii", MAX_DATA_BYTES).parts.map((bytes) => asData(bytes.toString("latin1"), form));
}

/** Bytes of a terminal that writes base64, or whatever it likes where the port is read in hex. */
export function portBytes(bytes: Buffer, { form }: DeviceSettings): readonly Content[] {
  const size = form === "hex" ? MAX_HEX_BYTES : base64Room(MAX_DATA_BYTES);
  const pieces: Content[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    pieces.push(form === "hex" ? inHex(piece) : asData(piece.toString("base64"), form));
  }
  return pieces;
}

function inHex(bytes: Buffer): Content {
  return { name: "DTT", body: ["", "", "1", String(bytes.length), bytes.toString("hex")] };
}

function asData(data: string, form: DeviceSettings["form"]): Content {
  if (form !== "long") return { name: "DAT", body: [data] };
  const location = ["0", "37.6", "184", "1940.4", "-101.041169", "22.143452", "20260101000000", "0334", "0020", "2F03", "BDB2E4B", "00"];
  return { name: "DAT", body: ["1", "", "", data, ...location, "", "", "", ""] };
}
