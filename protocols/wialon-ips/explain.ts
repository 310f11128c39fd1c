/** Explains a frame field by field. The login's password is never shown. */
import { crc16Arc, type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { meaningOf, TITLES } from "./answers.ts";
import { openContainer } from "./container.ts";
import { type Check, formatCrc, parseCrc, takeCrc } from "./crc.ts";
import { readLogin } from "./login.ts";
import { prefixFrame, prefixLength, readUnit, type Tail, tailFrame, type Unit } from "./packet.ts";
import { recordKind } from "./position.ts";

type Packet = Extract<Unit, { kind: "packet" }>;
type Fields = readonly ExplainedField[];

/** `frame` may carry its line end and, behind it, the binary body. */
export function explain(frame: Buffer, direction: Direction): Explanation {
  const unit = readUnit(withoutLineEnd(frame));
  switch (unit.kind) {
    case "packet":
      return explainPacket(unit, direction);
    case "container":
      return explainContainer(unit.deflated, direction);
    case "prefix":
      return { title: "Identity as a UDP prefix", fields: [...maybe("version", unit.version), { name: "id", value: unit.key }] };
    case "unknown":
      return explainUnknown(frame, direction);
  }
}

function explainPacket(unit: Packet, direction: Direction): Explanation {
  const title = TITLES.get(unit.type);
  const fields = title === undefined ? [{ name: "body", value: show(unit.body) }] : fieldsOf(unit);
  return { title: `${title ?? "Unknown packet"} (${unit.type.slice(0, 8)}), ${direction}`, fields };
}

function explainContainer(deflated: Buffer, direction: Direction): Explanation {
  const line = openContainer(deflated);
  const size: ExplainedField = { name: "compressed", value: `${deflated.length} bytes` };
  if (line === null || line[0] === undefined)
    return { title: `Compressed container, ${direction}`, fields: [{ ...size, note: "does not hold one packet" }] };
  const inner = readUnit(line);
  if (inner.kind !== "packet")
    return { title: `Compressed container, ${direction}`, fields: [size, { name: "content", value: show(line) }] };
  const { title, fields } = explainPacket(inner, direction);
  return { title: `Compressed: ${title}`, fields: [size, ...fields] };
}

function explainUnknown(frame: Buffer, direction: Direction): Explanation {
  const length = prefixLength(frame);
  if (length === 0)
    return { title: direction === "down" ? "Raw custom message" : "No packet", fields: [{ name: "line", value: show(frame) }] };
  const identity = explain(prefixFrame(frame.subarray(0, length)), direction);
  const rest = explain(frame.subarray(length), direction);
  return { title: rest.title, fields: [...identity.fields, ...rest.fields] };
}

function fieldsOf({ type, body, tail }: Packet): Fields {
  switch (type) {
    case "L":
      return loginFields(body);
    case "SD":
    case "D":
      return checkedFields(body, ";", (content) => named(content, POSITION_FIELDS));
    case "B":
      return checkedFields(body, "|", batchFields);
    case "M":
      return checkedFields(body, ";", (content) => [textField(content)]);
    case "IT":
      return checkedFields(body, ";", (content) => named(content, FILE_INFO_FIELDS));
    case "I":
      return [...named(body, PHOTO_FIELDS), ...tailFields(body, tail)];
    case "T":
      return [...named(body, FILE_BLOCK_FIELDS), ...tailFields(body, tail)];
    case "US":
    case "UC":
      return [...named(body, ["size", "CRC"]), ...tailFields(body, tail)];
    default:
      return answerFields(type, body);
  }
}

function loginFields(body: Buffer): Fields {
  const read = readLogin(body);
  if (read.type === "structure") return [{ name: "body", value: `${body.length} bytes`, note: read.reason }];
  const { version, key, password } = read.login;
  const fields: Fields = [
    { name: "version", value: version ?? "1.1", ...(version === null ? { note: "1.x does not say it" } : {}) },
    { name: "id", value: key },
    { name: "credential", value: password === null ? "none" : "***" },
  ];
  if (version === null) return fields;
  const { check, field } = takeCrc(body, ";", "unknown");
  return [...fields, ...maybe("CRC", field, noteOf(check))];
}

function checkedFields(body: Buffer, separator: ";" | "|", read: (content: Buffer) => Fields): Fields {
  const { content, check, field } = takeCrc(body, separator, "unknown");
  const computed = formatCrc(crc16Arc(body.subarray(0, body.lastIndexOf(separator) + 1)));
  return [...read(content), ...maybe("CRC", field, check === "wrong" ? `wrong, computed ${computed}` : noteOf(check))];
}

function batchFields(content: Buffer): Fields {
  const records = content.toString("latin1").split("|");
  const shown = records.slice(0, SHOWN_RECORDS).map((record, index) => ({
    name: `record ${index + 1} (${recordKind(record)})`,
    value: show(Buffer.from(record, "latin1")),
  }));
  return [{ name: "records", value: String(records.length) }, ...shown];
}

function textField(content: Buffer): ExplainedField {
  const { text, lossy } = decodeText(content, "utf8");
  const value = lossy ? decodeText(content, "cp1251").text : text;
  return { name: "text", value, note: lossy ? "not UTF-8; read as cp1251" : `${content.length} bytes` };
}

function tailFields(body: Buffer, tail: Tail | null): Fields {
  if (tail === null) return [{ name: "binary body", value: "not here" }];
  const given = parseCrc(body.toString("latin1").split(";").at(-1) ?? "");
  const note = given === tail.crc ? "CRC ok" : `CRC computed ${formatCrc(tail.crc)}`;
  return [{ name: "binary body", value: `${tail.size} bytes`, note }];
}

function answerFields(type: string, body: Buffer): Fields {
  if (body.length === 0 && meaningOf(type, "") === undefined) return [];
  const fields = show(body).split(";");
  const code = fields.at(-1) ?? "";
  const meaning = fields.length > 1 && code === "1" ? "block taken" : meaningOf(type, code);
  const block = fields.length > 1 ? [{ name: "block", value: fields.slice(0, -1).join(";") }] : [];
  return [
    ...block,
    { name: type === "AB" && code !== "" ? "records" : "code", value: code, ...(meaning === undefined ? {} : { note: meaning }) },
  ];
}

function named(content: Buffer, names: readonly string[]): Fields {
  const values = show(content).split(";");
  const fields = names.slice(0, values.length).map((name, index) => ({ name, value: values[index] ?? "" }));
  if (values.length <= names.length) return fields;
  return [...fields.slice(0, -1), { name: names.at(-1) ?? "more", value: values.slice(names.length - 1).join(";") }];
}

function noteOf(check: Check): string {
  return check === "none" ? "not checked" : check;
}

function maybe(name: string, value: string | null, note?: string): Fields {
  if (value === null) return [];
  return [note === undefined ? { name, value } : { name, value, note }];
}

function show(bytes: Buffer): string {
  return decodeText(bytes.subarray(0, SHOWN_BYTES), "utf8").text;
}

/** Takes the line end off; a binary body behind it becomes the summary that the framer makes of one. */
function withoutLineEnd(frame: Buffer): Buffer {
  const end = frame.indexOf(LF);
  if (frame[0] !== HASH && frame[end - 1] === HASH) return frame;
  if (frame[0] === CONTAINER_BYTE || end === -1) return frame;
  const line = frame.subarray(0, frame[end - 1] === CR ? end - 1 : end);
  const rest = frame.subarray(end + 1);
  if (rest.length === 0) return line;
  return SUMMARY.test(rest.toString("latin1", 0, 16)) ? frame : tailFrame(line, { size: rest.length, crc: crc16Arc(rest) });
}

const POSITION_FIELDS: readonly string[] = [
  ...["date", "time", "latitude", "north or south", "longitude", "east or west", "speed", "course", "altitude", "satellites"],
  ...["hdop", "inputs", "outputs", "adc", "ibutton", "parameters"],
];
const PHOTO_FIELDS: readonly string[] = ["size", "block", "blocks", "date", "time", "name", "CRC"];
const FILE_INFO_FIELDS: readonly string[] = ["date", "time", "driver", "code", "blocks"];
const FILE_BLOCK_FIELDS: readonly string[] = ["code", "size", "block", "CRC"];
const SHOWN_RECORDS = 20;
const SHOWN_BYTES = 4096;
const SUMMARY = /^\d{1,8} [0-9A-F]{4}$/;
const CONTAINER_BYTE = 0xff;
const HASH = 0x23;
const CR = 0x0d;
const LF = 0x0a;
