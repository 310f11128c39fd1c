/** A packet field by field, for people. */
import { type Direction, decodeText, type ExplainedField, type Explanation, LayoutError } from "../../src/core/index.ts";
import { keyOf } from "./identity.ts";
import { LOGIN, STRING_OLD } from "./layout.ts";
import { nameOf, TYPE } from "./messages.ts";
import { statusOf } from "./status.ts";
import { readReply } from "./strings.ts";
import { type Packet, readPacket } from "./wire.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  const parsed = readPacket(frame);
  if (parsed.type === "bad")
    return { title: "not a GT06 packet", fields: [field("reason", parsed.reason), field("bytes", String(frame.length))] };
  const { packet } = parsed;
  const { form, type, serial } = packet;
  const head = [
    field("head", form === "long" ? "7979" : "7878"),
    field("protocol number", `0x${type.toString(16).padStart(2, "0")}`, nameOf(type)),
    field("serial", String(serial)),
    field("CRC", frame.subarray(-4, -2).toString("hex"), "ok"),
  ];
  return { title: `${direction === "up" ? "device" : "gateway"}: ${nameOf(type)}`, fields: [...head, ...contentOf(packet, direction)] };
}

function contentOf(packet: Packet, direction: Direction): readonly ExplainedField[] {
  if (packet.content.length === 0) return [];
  try {
    return known(packet, direction) ?? [field("content", packet.content.toString("hex"))];
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return [field("content", packet.content.toString("hex"), error.message)];
  }
}

function known(packet: Packet, direction: Direction): readonly ExplainedField[] | null {
  const { type, content } = packet;
  if (type === TYPE.login && direction === "up") return [field("IMEI", keyOf(LOGIN.read(content).imei))];
  if (type === TYPE.command) return command(content);
  if (type === TYPE.stringNew || type === TYPE.stringOld) {
    const { flag, text } = readReply(packet, "declared");
    return [field("server flag", hex8(flag)), field("text", JSON.stringify(text))];
  }
  if (type === TYPE.time && direction === "down") return [field("time (UTC)", [...content].join(" "))];
  return direction === "up" ? statusFields(packet) : null;
}

function statusFields(packet: Packet): readonly ExplainedField[] | null {
  const status = statusOf(packet);
  if (status === null) return null;
  const fields = [field("content", packet.content.toString("hex"))];
  if (status.speedKmh !== undefined) fields.push(field("speed", String(status.speedKmh), "km/h"));
  if (status.ignition !== undefined) fields.push(field("ignition", status.ignition ? "on" : "off"));
  return fields;
}

function command(content: Buffer): readonly ExplainedField[] {
  const { size, flag, rest } = STRING_OLD.read(content);
  const text = rest.subarray(0, Math.max(0, size - 4));
  const language = rest.subarray(text.length);
  const fields = [field("server flag", hex8(flag)), field("command", JSON.stringify(decodeText(text, "ascii").text))];
  return language.length === 0 ? fields : [...fields, field("language", language.toString("hex"), LANGUAGES.get(language.toString("hex")))];
}

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["0001", "Chinese"],
  ["0002", "English"],
]);

function hex8(flag: number): string {
  return flag.toString(16).padStart(8, "0");
}

function field(name: string, value: string, note?: string): ExplainedField {
  return note === undefined ? { name, value } : { name, value, note };
}
