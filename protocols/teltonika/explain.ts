/** A frame field by field, for people. */
import type { Direction, ExplainedField, Explanation } from "../../src/core/index.ts";
import { explainPayload } from "../carried/index.ts";
import { statusOf } from "./records.ts";
import { CODEC, FRAME_OVERHEAD, HEAD_BYTES, hex2, type Message, readUnit, TYPE, type Unit } from "./wire.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  const who = direction === "up" ? "device" : "gateway";
  if (frame.length === 1 && frame[0] === 0xff) return { title: `${who}: keep-alive`, fields: [] };
  if (direction === "down" && frame.length < FRAME_OVERHEAD) return answer(frame);
  if (frame.length < 3) return { title: "not a Teltonika frame", fields: [field("bytes", frame.toString("hex"))] };
  const unit = readUnit(frame);
  switch (unit.kind) {
    case "login":
      return { title: `${who}: login`, fields: [field("length", frame.readUInt16BE(0)), field("IMEI", printable(unit.key))] };
    case "records":
      return { title: `${who}: records, ${NAMES.get(unit.codec)}`, fields: [...head(frame), ...recordFields(unit)] };
    case "message":
      return { title: `${who}: ${NAMES.get(unit.message.codec)}`, fields: [...head(frame), ...messageFields(unit.message)] };
    case "bad":
      return { title: "not a Teltonika frame", fields: [field("reason", unit.reason), field("bytes", frame.length)] };
  }
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [CODEC.gh3000, "codec GH3000"],
  [CODEC.avl8, "codec 8"],
  [CODEC.avl8e, "codec 8 extended"],
  [CODEC.avl16, "codec 16"],
  [CODEC.text, "codec 12 message"],
  [CODEC.timed, "codec 13 message with a time"],
  [CODEC.addressed, "codec 14 message with an IMEI"],
  [CODEC.both, "codec 15 message with a time and an IMEI"],
]);

const TYPES: ReadonlyMap<number, string> = new Map([
  [TYPE.command, "command"],
  [TYPE.response, "response"],
  [TYPE.camera, "camera"],
  [TYPE.nack, "NACK: the IMEI is not this device's"],
]);

function answer(frame: Buffer): Explanation {
  const value = frame.toString("hex");
  if (frame.length === 1) {
    const note = frame[0] === 1 ? "accepted" : frame[0] === 0 ? "rejected" : "not a login's answer";
    return { title: "gateway: answer to the login", fields: [field("answer", value, note)] };
  }
  if (frame.length !== 4) return { title: "not a Teltonika answer", fields: [field("bytes", value)] };
  return { title: "gateway: records accepted", fields: [field("count", frame.readUInt32BE(0))] };
}

function head(frame: Buffer): readonly ExplainedField[] {
  return [
    field("length", frame.readUInt32BE(4)),
    field("codec", `0x${hex2(frame.readUInt8(HEAD_BYTES))}`),
    field("CRC", frame.subarray(-4).toString("hex"), "ok"),
  ];
}

function recordFields({ count, body }: Extract<Unit, { kind: "records" }>): readonly ExplainedField[] {
  const status = statusOf(body);
  const fields = [field("records", count)];
  if (status?.speedKmh !== undefined) fields.push(field("speed", status.speedKmh, "km/h, of the newest"));
  if (status?.ignition !== undefined) fields.push(field("ignition", status.ignition ? "on" : "off"));
  return fields;
}

function messageFields({ type, time, imei, payload }: Message): readonly ExplainedField[] {
  const fields = [field("type", `0x${hex2(type)}`, TYPES.get(type))];
  if (time !== null) fields.push(field("time", new Date(time * 1_000).toISOString()));
  if (imei !== null) fields.push(field("IMEI", imei));
  return [...fields, field("payload bytes", payload.length), ...explainPayload(payload)];
}

function printable(key: string): string {
  return key.replaceAll(/[^ -~]/g, "?");
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
