/** A frame field by field, for people. Records are not taken apart: their mask was in another frame. */
import { crc8Nrsc5, type Direction, decodeText, type ExplainedField, type Explanation, LayoutError } from "../../src/core/index.ts";
import { recordLayout } from "./fields.ts";
import * as messages from "./messages.ts";
import { readNtcbMessage } from "./ntcb.ts";
import { flexFits, HEADER_BYTES, hex2, PING, readNtcb, TILDE } from "./wire.ts";

type Fields = readonly ExplainedField[];

export function explain(frame: Buffer, direction: Direction): Explanation {
  const who = direction === "up" ? "device" : "server";
  try {
    if (frame[0] === PING && frame.length === 1) return { title: `${who}: ping`, fields: [] };
    return frame[0] === TILDE ? flex(frame, who) : ntcb(frame, who);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return { title: `${who}: not a Navtelecom frame`, fields: [field("bytes", frame.length), field("reason", error.message)] };
  }
}

function ntcb(frame: Buffer, who: string): Explanation {
  const read = readNtcb(frame);
  if (read.type === "bad") return { title: `${who}: NTCB, damaged`, fields: [field("reason", read.reason), field("bytes", frame.length)] };
  const { parties, data } = read;
  const head = [
    field("receiver", parties.receiver),
    field("sender", parties.sender),
    field("data", `${data.length} bytes`, "check bytes ok"),
  ];
  if (frame.length === HEADER_BYTES) return { title: `${who}: keep-alive`, fields: head };
  const { title, fields } = ntcbData(data);
  return { title: `${who}: ${title}`, fields: [...head, ...fields] };
}

function ntcbData(data: Buffer): Explanation {
  const text = data.toString("latin1");
  if (text === "*<S") return { title: "*<S, login accepted", fields: [] };
  if (text.startsWith("*<FLEX")) {
    const { protocol, structure } = messages.AGREED.read(data.subarray(6));
    return { title: "*<FLEX, answer to the offer", fields: versions(protocol, structure) };
  }
  if (text.startsWith("*!DV"))
    return { title: "*!DV, text for the display", fields: display(messages.NTCB_DISPLAY.read(data.subarray(4))) };
  const message = readNtcbMessage(data);
  switch (message.type) {
    case "hello":
      return { title: "*>S, login", fields: [field("IMEI", message.imei)] };
    case "offer":
      return { title: "*>FLEX, offer", fields: offer(message) };
    case "result":
      return {
        title: "*@DV, result of a text",
        fields: [field("result", hex2(message.code), message.code === 0 ? "ok" : messages.displayWords(message.code))],
      };
    case "unknown-command":
      return { title: "*Z, unknown command", fields: [field("command", message.command)] };
    case "telemetry":
      return { title: `${text.slice(0, 3)}, telemetry of plain NTCB`, fields: [] };
    case "bad":
      return { title: "NTCB data that does not fit its message", fields: [field("reason", message.reason)] };
    case "other":
      return { title: "command or result", fields: [field("data", decodeText(data.subarray(0, SHOWN_BYTES), "cp1251").text)] };
  }
}

function flex(frame: Buffer, who: string): Explanation {
  const letter = String.fromCharCode(frame[1] ?? 0);
  const crc = flexFits(frame)
    ? field("CRC", hex2(frame.at(-1) ?? 0), "ok")
    : field("CRC", hex2(frame.at(-1) ?? 0), `wrong, computed ${hex2(crc8Nrsc5(frame.subarray(0, -1)))}`);
  const body = BODIES.get(letter);
  if (body === undefined) return { title: `${who}: FLEX ~${letter}`, fields: [field("bytes", frame.length), crc] };
  return { title: `${who}: ~${letter}, ${body.title}`, fields: [...body.fields(frame, frame.subarray(0, -1)), crc] };
}

interface Body {
  readonly title: string;
  fields(frame: Buffer, content: Buffer): Fields;
}

const BODIES: ReadonlyMap<string, Body> = new Map<string, Body>([
  ["A", { title: "archive", fields: (frame) => counted("records", frame) }],
  ["E", { title: "extra packets of the archive", fields: (frame) => counted("packets", frame) }],
  ["T", { title: "event", fields: indexed }],
  ["X", { title: "extra packet of an event", fields: indexed }],
  ["C", { title: "current state", fields: (frame) => rest(frame.length - 3) }],
  ["O", { title: "text for the display", fields: (_frame, content) => display(messages.DISPLAY.read(content)) }],
  ["R", { title: "the display took the text", fields: () => [] }],
  ["F", { title: "the display did not take the text", fields: (frame) => [coded(frame, messages.displayWords)] }],
  ["P", { title: "serial data", fields: (_frame, content) => serial(messages.SERIAL_DATA.read(content)) }],
  ["M", { title: "serial data taken", fields: (frame) => [port(frame[3] ?? 0)] }],
  ["S", { title: "serial data not taken", fields: (frame) => [port(frame[3] ?? 0), coded(frame, messages.serialWords)] }],
  ["Z", { title: "unknown message", fields: (frame) => [field("message", frame.toString("latin1", 3, 5))] }],
]);

function counted(name: string, frame: Buffer): Fields {
  return [field(name, frame[2] ?? 0), ...rest(frame.length - 4)];
}

function indexed(frame: Buffer): Fields {
  return frame.length < 7 ? rest(frame.length) : [field("index", frame.readUInt32LE(2)), ...rest(frame.length - 7)];
}

/** An acknowledgement has nothing behind its count or index. */
function rest(bytes: number): Fields {
  return bytes > 0 ? [field("records", `${bytes} bytes`)] : [];
}

function display({ index, confirm, text }: messages.DisplayText): Fields {
  return [
    field("index", index === messages.NO_INDEX ? "none" : index),
    field("confirm", confirm === messages.CONFIRM ? "the driver must confirm" : "no"),
    field("text", decodeText(text, "cp1251").text, `${text.length} bytes, CP1251`),
  ];
}

function serial({ port: number, data }: messages.SerialData): Fields {
  return [port(number), field("data", decodeText(data, "cp1251").text, `${data.length} bytes, shown as CP1251`)];
}

function offer({ protocol, structure, count, mask }: messages.FlexOffer): Fields {
  const layout = recordLayout(mask, count, {});
  return [
    ...versions(protocol, structure),
    field("fields", layout.fields.join(" "), `of ${count}`),
    field("record", `${layout.size} bytes`),
  ];
}

function versions(protocol: number, structure: number): Fields {
  return [field("protocol", (protocol / 10).toFixed(1)), field("structure", (structure / 10).toFixed(1))];
}

function port(number: number): ExplainedField {
  return field("port", messages.portName(number));
}

function coded(frame: Buffer, words: (code: number) => string): ExplainedField {
  const code = frame[4] ?? 0;
  return field("result", hex2(code), words(code));
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}

const SHOWN_BYTES = 256;
