/** A packet field by field, for people. */
import { type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { positionsOf, statusOfBatch, statusOfEvent, statusOfRecords } from "./events.ts";
import { readDriverText } from "./navigator.ts";
import { type Packet, readPacket, TAIL_BYTES } from "./wire.ts";

type Fields = readonly ExplainedField[];

export function explain(frame: Buffer, direction: Direction): Explanation {
  const read = readPacket(withLineEnd(frame));
  const who = direction === "up" ? "tracker" : "gateway";
  if (read.type === "bad")
    return { title: "not a packet of Meitrack", fields: [field("reason", read.reason), field("bytes", frame.length)] };
  const { packet, declared, actual } = read;
  const checksum = frame.toString("latin1").trimEnd().slice(-2);
  const fields = [
    field("data identifier", packet.letter),
    declared === actual ? field("length", declared) : field("length", declared, `wrong, it has ${actual}`),
    field("IMEI", packet.imei),
    ...dataFields(packet),
    field("checksum", checksum, "ok"),
  ];
  return { title: `${who}: ${TITLES.get(packet.command) ?? "command"} (${packet.command})`, fields };
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ["AAA", "event"],
  ["AAC", "unconfirmed data"],
  ["AFF", "events confirmed"],
  ["A10", "position asked for"],
  ["A11", "heartbeat"],
  ["C01", "outputs"],
  ["C02", "SMS"],
  ["C03", "confirmation of events"],
  ["C10", "text for the LCD"],
  ["C13", "text for the LCD"],
  ["CCC", "positions"],
  ["CCE", "records"],
  ["D00", "photo"],
  ["D03", "photo taken"],
  ["D75", "text from the navigator"],
  ["D76", "text for the navigator"],
  ["D77", "about the navigator"],
]);

/** Names of the fields of commands, by direction and command. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "down C13": ["level", "type", "text"],
  "down C10": ["grade", "sender", "type", "text"],
  "down C02": ["mode", "phone", "text"],
  "down D76": ["time", "size of the id", "id", "text", "port"],
  "down CCC": ["positions"],
  "down AFF": ["events"],
  "up D75": ["time", "latitude", "longitude", "answers", "size of the id", "id", "text", "port"],
};

function dataFields(packet: Packet): Fields {
  const { direction, command, data } = packet;
  const binary = direction === "up" ? binaryFields(command, data) : null;
  if (binary !== null) return binary;
  if (data.length === 0) return [];
  const names = FIELDS[`${direction} ${command}`];
  if (names !== undefined) return named(packet, names);
  return [field(/^(?:OK|error|\d{1,5})$/i.test(show(data)) ? "result" : "data", show(data)), ...statusFields(packet)];
}

function binaryFields(command: string, data: Buffer): Fields | null {
  if (command === "CCC") {
    const count = positionsOf(data);
    const status = statusOfBatch(data);
    return [field("positions", count ?? "unreadable"), ...(status === null ? [] : [speed(status)])];
  }
  if (command === "CCE") {
    const status = statusOfRecords(data, 0);
    return [field("bytes", data.length), ...(status === null ? [] : [speed(status)])];
  }
  return command === "D00" ? [field("bytes", data.length)] : null;
}

function statusFields({ direction, command, data }: Packet): Fields {
  const status = direction === "up" && command === "AAA" ? statusOfEvent(data, 0) : null;
  return status === null ? [] : [speed(status)];
}

function speed({ speedKmh }: { readonly speedKmh?: number }): ExplainedField {
  return field("speed", speedKmh ?? "unknown", "km/h");
}

/** The last name but in a navigator's texts takes the rest, commas included. */
function named({ command, data }: Packet, names: readonly string[]): Fields {
  const navigator = command === "D75" || command === "D76";
  const values = show(data).split(",");
  const fields = names.map((name, index) => {
    const rest = !navigator && index === names.length - 1;
    return field(name, (rest ? values.slice(index) : values.slice(index, index + 1)).join(","));
  });
  return navigator ? fields.map((one) => (one.name === "text" ? readable(one, command, data) : one)) : fields;
}

function readable(text: ExplainedField, command: string, data: Buffer): ExplainedField {
  const words = command === "D75" ? (readDriverText(data)?.text ?? "") : decodeText(Buffer.from(text.value, "hex"), "utf16be").text;
  return { ...text, note: words };
}

function withLineEnd(frame: Buffer): Buffer {
  return frame.length >= TAIL_BYTES && frame[frame.length - 1] !== LF ? Buffer.concat([frame, LINE_END]) : frame;
}

const LF = 0x0a;
const LINE_END = Buffer.from("\r\n");
/** Bytes of data that are shown. */
const SHOWN_BYTES = 2048;

function show(bytes: Buffer): string {
  return bytes.toString("latin1", 0, SHOWN_BYTES).replaceAll(/[^ -~]/g, ".");
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
