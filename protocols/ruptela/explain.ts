/** A packet field by field, for people. */
import { type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { DOWN, downNameOf, isRecords, nameOf, RECORDS_HEAD_BYTES, UP } from "./messages.ts";
import { statusOf } from "./records.ts";
import { readDown, readUp, type UpPacket } from "./wire.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  return direction === "up" ? up(frame) : down(frame);
}

function up(frame: Buffer): Explanation {
  const parsed = readUp(frame);
  if (parsed.type === "bad") return none(frame, parsed.reason);
  const { packet } = parsed;
  const { key, command, payload } = packet;
  const fields = [field("length", frame.readUInt16BE(0)), field("IMEI", key), field("command", command, nameOf(command)), crc(frame)];
  const content = isRecords(command) && payload.length >= RECORDS_HEAD_BYTES ? recordFields(packet) : payloadFields(packet);
  return { title: `device: ${nameOf(command)}`, fields: [...fields, ...content] };
}

function down(frame: Buffer): Explanation {
  const packet = readDown(frame);
  if (packet === null) return none(frame, "the length or the CRC is wrong");
  const { command, payload } = packet;
  const fields = [field("length", frame.readUInt16BE(0)), field("command", command, downNameOf(command)), crc(frame)];
  if (command === DOWN.command) fields.push(field("text", words(payload)));
  else if (payload.length === 1) fields.push(field("result", payload[0] ?? 0, RESULTS[payload[0] ?? 0]));
  else fields.push(field("payload", payload.toString("hex")));
  return { title: `gateway: ${downNameOf(command)}`, fields };
}

const RESULTS: readonly string[] = ["refused", "taken"];

function recordFields(packet: UpPacket): readonly ExplainedField[] {
  const [left = 0, count = 0] = packet.payload;
  const status = statusOf(packet);
  const fields = [field("records left", left), field("records", count)];
  if (status?.speedKmh !== undefined) fields.push(field("speed", status.speedKmh, "km/h, of the newest"));
  if (status?.ignition !== undefined) fields.push(field("ignition", status.ignition ? "on" : "off"));
  return fields;
}

function payloadFields({ command, payload }: UpPacket): readonly ExplainedField[] {
  if (payload.length === 0) return [];
  return [command === UP.reply ? field("text", words(payload)) : field("payload", payload.toString("hex"))];
}

function words(payload: Buffer): string {
  return JSON.stringify(decodeText(payload, "ascii").text);
}

function crc(frame: Buffer): ExplainedField {
  return field("CRC", frame.subarray(-2).toString("hex"), "ok");
}

function none(frame: Buffer, reason: string): Explanation {
  return { title: "not a Ruptela packet", fields: [field("reason", reason), field("bytes", frame.length)] };
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
