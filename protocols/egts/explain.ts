/** A packet field by field, for people. Passwords and access codes are redacted. */
import { type Direction, type ExplainedField, type Explanation, LayoutError } from "../../src/core/index.ts";
import { COMMAND_DATA, PACKET, resultWords, SERVICE, serviceWords, subrecordName } from "./codes.ts";
import { readCommand } from "./command.ts";
import { commandName, explainSubrecord, field } from "./explain-subrecord.ts";
import type { ServiceRecord, Subrecord } from "./records.ts";
import { type Packet, parsePacket } from "./wire.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  const parsed = parsePacket(frame);
  const speaker = direction === "up" ? "device" : "platform";
  if (parsed.type === "bad") {
    const fields = [field("reason", parsed.reason), field("code", resultWords(parsed.result)), field("bytes", frame.length)];
    return { title: `${speaker}: not an EGTS packet as it should be`, fields: [...fields, ...headerFields(frame)] };
  }
  const { packet } = parsed;
  const fields = [...headerFields(frame), ...answerFields(packet), ...packet.records.flatMap((record) => recordFields(record))];
  return { title: `${speaker}: ${titleOf(packet)}`, fields };
}

function titleOf(packet: Packet): string {
  const names = packet.records.flatMap((record) => (record.subrecords ?? []).map((subrecord) => nameOf(record, subrecord)));
  const shown = [...new Set(names)].join(", ");
  const type = TYPES[packet.type] ?? "";
  return shown === "" ? type : `${type} with ${shown}`;
}

const TYPES: readonly string[] = ["RESPONSE", "APPDATA", "SIGNED_APPDATA"];

function nameOf({ sender }: ServiceRecord, { type, data }: Subrecord): string {
  const name = subrecordName(sender, type);
  if (sender !== SERVICE.commands || type !== COMMAND_DATA) return name;
  try {
    return commandName(readCommand(data));
  } catch (error) {
    if (error instanceof LayoutError) return name;
    throw error;
  }
}

function headerFields(frame: Buffer): readonly ExplainedField[] {
  if (frame.length < MIN_HEADER_BYTES) return [];
  const [version = 0, key = 0, flags = 0, headerBytes = 0] = frame;
  const type = frame[9] ?? 0;
  const fields = [
    field("PRV", version),
    field("SKID", key),
    field("flags", `0x${flags.toString(16).padStart(2, "0")}`, flagWords(flags)),
    field("HL", headerBytes),
    field("FDL", frame.readUInt16LE(5)),
    field("PID", frame.readUInt16LE(7)),
    field("PT", type, TYPES[type]),
  ];
  if (headerBytes !== MIN_HEADER_BYTES + 5 || frame.length < headerBytes) return fields;
  return [...fields, field("PRA", frame.readUInt16LE(10)), field("RCA", frame.readUInt16LE(12)), field("TTL", frame[14] ?? 0)];
}

const MIN_HEADER_BYTES = 11;
const PRIORITIES: readonly string[] = ["highest", "high", "medium", "low"];

function flagWords(flags: number): string {
  const words = [`priority ${PRIORITIES[flags & 3]}`];
  if ((flags & 0x04) !== 0) words.push("compressed");
  if ((flags & 0x18) !== 0) words.push("encrypted");
  if ((flags & 0x20) !== 0) words.push("routed");
  return words.join(", ");
}

function answerFields({ type, answer }: Packet): readonly ExplainedField[] {
  if (type !== PACKET.response || answer === null) return [];
  return [field("RPID", answer.pid), field("PR", resultWords(answer.result))];
}

function recordFields(record: ServiceRecord): readonly ExplainedField[] {
  const { number, flags, object, time, sender, recipient, subrecords } = record;
  const fields = [
    field("record", number, `${serviceWords(sender)} to ${serviceWords(recipient)}`),
    field("RFL", `0x${flags.toString(16).padStart(2, "0")}`),
  ];
  if (object !== null) fields.push(field("OID", object));
  if (time !== null) fields.push(field("TM", timeWords(time)));
  if (subrecords === null) return [...fields, field("data", "do not divide into subrecords")];
  return [...fields, ...subrecords.flatMap((subrecord) => subrecordFields(record, subrecord))];
}

function subrecordFields(record: ServiceRecord, subrecord: Subrecord): readonly ExplainedField[] {
  const name = field(nameOf(record, subrecord), `${subrecord.data.length} bytes`);
  try {
    return [name, ...explainSubrecord(record.sender, subrecord)];
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    // The bytes may hold a password all the same.
    return [{ ...name, note: error.message }];
  }
}

/** Seconds since 2010-01-01 UTC. */
function timeWords(seconds: number): string {
  return new Date(Date.UTC(2010, 0, 1) + seconds * 1_000).toISOString();
}
