/** A packet field by field, for people. */
import { type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { explainPayload } from "../carried/index.ts";
import { recordsIn, statusOf } from "./status.ts";
import { readOpening } from "./tags.ts";
import { unwrap } from "./tunnel.ts";
import { ACKNOWLEDGEMENT_BYTES, HEAD, isIridium, type Packet, readPacket } from "./wire.ts";

/** Where the Iridium gateway puts the IMEI: behind version, length, element head and its own reference. */
const IRIDIUM_IMEI = [10, 25] as const;

export function explain(frame: Buffer, direction: Direction): Explanation {
  const who = direction === "up" ? "device" : "gateway";
  if (direction === "down" && frame.length === ACKNOWLEDGEMENT_BYTES) return acknowledged(frame);
  if (isIridium(frame)) return iridium(frame);
  const packet = readPacket(frame);
  if (packet === null) return none(frame, "the length is not the packet's");
  if (!packet.sound) return none(frame, "the checksum is wrong");
  const fields = [field("length", packet.body.length), field("CRC", packet.crc.toString("hex"), "ok")];
  if (packet.archive) fields.push(field("archive", "yes", "more waits in the device"));
  return { title: `${who}: ${NAMES.get(packet.head) ?? TUNNEL}`, fields: [...fields, ...bodyFields(packet)] };
}

const TUNNEL = "Garmin tunnel";
const NAMES: ReadonlyMap<number, string> = new Map([
  [HEAD.pack, "pack"],
  [HEAD.photo, "part of a photo"],
  [HEAD.compressed, "compressed pack"],
]);

function acknowledged(frame: Buffer): Explanation {
  const photo = frame[0] === HEAD.photo;
  if (!photo && frame[0] !== HEAD.acknowledgement) return none(frame, "an acknowledgement begins with 02 or 07");
  return { title: `gateway: acknowledgement${photo ? " of a photo" : ""}`, fields: [field("CRC", frame.toString("hex", 1))] };
}

function iridium(frame: Buffer): Explanation {
  const imei = frame.toString("latin1", ...IRIDIUM_IMEI).replaceAll(/[^ -~]/g, "?");
  return { title: "Iridium: message of a device", fields: [field("length", frame.readUInt16BE(1)), field("IMEI", imei)] };
}

function bodyFields(packet: Packet): readonly ExplainedField[] {
  const { head, body } = packet;
  if (head === HEAD.pack) return packFields(packet);
  if (head === HEAD.photo || head === HEAD.compressed) return [field("body", body.toString("hex"))];
  const framed = body[0] === 0x10 ? body : unwrap(body, { tunnelFraming: "bare" });
  return explainPayload(framed);
}

function packFields(packet: Packet): readonly ExplainedField[] {
  const opening = readOpening(packet.body);
  if (opening.type === "bad") return [field("tags", packet.body.toString("hex"), opening.reason)];
  const { imei, device, reply } = opening;
  const fields: ExplainedField[] = [];
  if (imei !== null) fields.push(field("IMEI", imei));
  if (device !== null) fields.push(field("device number", device));
  if (reply !== null) fields.push(field("command number", reply.number.toString(16).padStart(8, "0")), field("text", wordsOf(reply.text)));
  const records = recordsIn(packet.body);
  if (reply === null) fields.push(field("records", records === null ? "not known" : records.length));
  const status = statusOf(packet);
  if (status?.speedKmh !== undefined) fields.push(field("speed", status.speedKmh, "km/h, of the newest"));
  return fields;
}

function wordsOf(text: Buffer | null): string {
  return text === null ? "in binary" : JSON.stringify(decodeText(text, "cp1251").text);
}

function none(frame: Buffer, reason: string): Explanation {
  return { title: "not a Galileosky packet", fields: [field("reason", reason), field("bytes", frame.length)] };
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
