/** A frame field by field, for people. The password of a command is never shown. */
import { type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { explainPayload } from "../carried/index.ts";
import { knownHead } from "./heads.ts";
import { locationsIn } from "./location.ts";
import { type Message, readMessage } from "./message.ts";
import { portDataOf } from "./port-data.ts";
import { receiptOf } from "./receipt.ts";
import { statusOf } from "./status.ts";

type Fields = readonly ExplainedField[];

export function explain(frame: Buffer, direction: Direction): Explanation {
  const who = direction === "up" ? "device" : "gateway";
  if (knownHead(frame).type === "hex")
    return { title: `${who}: ${frame.toString("latin1", 0, 4)} of the HEX mode`, fields: [field("bytes", frame.length)] };
  const text = frame.toString("latin1").replace(/\$$/, "");
  const command = COMMAND.exec(text);
  if (command !== null) return { title: `${who}: command ${command[1]}`, fields: commandFields(command) };
  const answer = SACK.exec(text);
  if (answer !== null) return { title: `${who}: ${answer[1] ?? "message"} acknowledged`, fields: sackFields(answer) };
  const read = readMessage(frame);
  if (read.type === "bad")
    return { title: `${who}: not an @Track frame`, fields: [field("reason", read.reason), field("bytes", frame.length)] };
  return { title: `${who}: ${titleOf(read.message)}`, fields: messageFields(read.message) };
}

function titleOf({ head, name, classic }: Message): string {
  const command = classic ? `GT${name}` : name;
  if (head === "ACK") return name === "HBD" ? "heartbeat" : `${command} done`;
  return head === "NACK" ? `${command} refused` : `${head === "BUFF" ? "buffered " : ""}report ${command}`;
}

function messageFields(message: Message): Fields {
  const { version, key, device, time, count } = message;
  const fields = [field("version", version || "none"), field("IMEI", key), field("device name", device || "none")];
  const end = [field("send time", time || "none"), field("count", count)];
  return [...fields, ...bodyFields(message), ...end];
}

function bodyFields(message: Message): Fields {
  const receipt = receiptOf(message);
  if (receipt !== null) return [field("serial", receipt.serial, receipt.outcome === "rejected" ? receipt.reason : "of the command")];
  const said = [...dataFields(message), ...placeFields(message)];
  return said.length > 0 ? said : message.body.slice(0, SHOWN_FIELDS).map((value, index) => field(`field ${index + 1}`, value));
}

function dataFields(message: Message): Fields {
  const data = portDataOf(message);
  if (data === null) return [];
  const whole = field("data", decodeText(data.bytes, "utf8").text, `${data.bytes.length} bytes`);
  return data.form === "text" ? [whole] : [whole, ...explainPayload(data.bytes)];
}

function placeFields(message: Message): Fields {
  const last = locationsIn(message.body).at(-1);
  const { speedKmh, ignition } = statusOf(message) ?? {};
  return [
    ...(last === undefined ? [] : [field("fix", last.utc, last.accuracy === 0 ? "the last one known" : `accuracy ${last.accuracy}`)]),
    ...(speedKmh === undefined ? [] : [field("speed", speedKmh, "km/h")]),
    ...(ignition === undefined ? [] : [field("ignition", ignition ? "on" : "off")]),
  ];
}

function commandFields([, name = "", , rest = ""]: RegExpExecArray): Fields {
  const [password = "", ...values] = rest.split(",");
  const names = name === "GTDAT" ? DATA_FIELDS : [];
  const fields = values.slice(0, SHOWN_FIELDS).map((value, index) => {
    const serial = index === values.length - 1;
    return field(serial ? "serial" : (names[index] ?? `field ${index + 1}`), value);
  });
  return [
    field("password", password === "" ? "none" : "***"),
    ...fields.filter(({ name: known, value }) => known !== "reserved" || value !== ""),
  ];
}

function sackFields([, name, version, count = ""]: RegExpExecArray): Fields {
  return name === undefined ? [field("count", count)] : [field("version", version || "none"), field("count", count)];
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}

const COMMAND = /^AT[+@]([0-9A-Z]{1,12})([=?])(.*)$/s;
const SACK = /^\+SACK:(?:([0-9A-Z]{1,12}),([^,]*),)?([0-9A-F]{4})$/i;
const DATA_FIELDS: readonly string[] = ["type", "reserved", "data", "acknowledgement", "reserved", "reserved", "reserved"];
const SHOWN_FIELDS = 40;
