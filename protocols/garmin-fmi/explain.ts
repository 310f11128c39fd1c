/** Garmin's packets in a payload, for people. */
import { decodeText, type ExplainedField, LayoutError } from "../../src/core/index.ts";
import { untilNul } from "./bodies.ts";
import {
  ATTACH,
  BUTTON_TEXT,
  DRIVER_REPLY,
  DRIVER_TEXT,
  FEATURES,
  ID,
  LONG_RECEIPT,
  LONG_TEXT,
  NAMED,
  type Named,
  OPEN_TEXT,
  PRESSED,
  PRODUCT,
  PROTOCOLS,
  RESPONSE,
  RESPONSE_SET,
  RESULT,
  STATUS,
  TEXT,
  TEXT_RECEIPT,
  UNIQUE,
} from "./layout.ts";
import { PACKET, PacketFramer, readPacket } from "./wire.ts";

/** Null: these bytes hold no whole packet. */
export function explainPackets(payload: Buffer): readonly ExplainedField[] | null {
  if (payload[0] !== 0x10) return null;
  const framer = new PacketFramer();
  framer.push(payload);
  const fields: ExplainedField[] = [];
  for (let frame = framer.next(); frame !== null; frame = framer.next()) fields.push(...explainPacket(frame));
  return fields.length === 0 ? null : fields;
}

function explainPacket(frame: Buffer): readonly ExplainedField[] {
  const read = readPacket(frame);
  if (read.type === "bad") return [field("Garmin packet", hex2(read.id), read.reason)];
  const { id, payload } = read;
  if (id === PACKET.ack || id === PACKET.nak)
    return [field("Garmin packet", id === PACKET.ack ? "ACK" : "NAK", `of ${hex2(payload[0] ?? 0)}`)];
  if (id !== PACKET.fmi || payload.length < 2) return [field("Garmin packet", hex2(id), PACKETS.get(id) ?? "not known")];
  const fmi = payload.readUInt16LE(0);
  const head = field("FMI", fmi.toString(16).padStart(4, "0").toUpperCase(), NAMES.get(fmi) ?? "not known");
  return [head, ...bodyFields(fmi, payload.subarray(2))];
}

const PACKETS: ReadonlyMap<number, string> = new Map([
  [PACKET.command, "command"],
  [PACKET.dateTime, "date and time"],
  [PACKET.unitId, "unit id"],
  [PACKET.pvt, "position"],
  [PACKET.stop, "stop (legacy)"],
  [PACKET.text, "text (legacy)"],
  [PACKET.protocols, "protocols"],
  [PACKET.product, "product"],
]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [ID.enable, "enable"],
  [ID.productRequest, "product request"],
  [ID.product, "product"],
  [ID.protocols, "supported protocols"],
  [ID.unicodeRequest, "Unicode request"],
  [ID.unicodeResponse, "Unicode response"],
  [ID.pressed, "button or canned response"],
  [ID.openText, "text (A602)"],
  [ID.okText, "text with OK (A602)"],
  [ID.yesNoText, "text with yes and no (A602)"],
  [ID.driverText, "driver's text"],
  [ID.driverTextReceipt, "driver's text stored"],
  [ID.driverReply, "driver's text with a reply link (A607)"],
  [ID.attach, "answers of a message"],
  [ID.attached, "answers of a message: result"],
  [ID.text, "text (A604)"],
  [ID.textReceipt, "text receipt"],
  [ID.pressedReceipt, "button or canned response stored"],
  [ID.remove, "delete a message"],
  [ID.removed, "delete a message: result"],
  [ID.setResponse, "set a canned response"],
  [ID.responseSet, "set a canned response: result"],
  [ID.refreshResponses, "canned responses wanted"],
  [ID.statusRequest, "message status request"],
  [ID.status, "message status"],
  [ID.quickMessage, "set a quick message"],
  [ID.refreshQuickMessages, "quick messages wanted"],
  [ID.longText, "long text (A611)"],
  [ID.longTextReceipt, "long text receipt"],
  [ID.deleteData, "delete data"],
  [ID.throttle, "throttle"],
  [ID.ping, "ping"],
  [ID.pingResponse, "ping response"],
]);

function bodyFields(fmi: number, body: Buffer): readonly ExplainedField[] {
  const explain = BODIES.get(fmi);
  if (body.length === 0) return [];
  if (explain === undefined) return [field("body", body.toString("hex"))];
  try {
    return explain(body);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return [field("body", body.toString("hex"), error.message)];
  }
}

type Explainer = (body: Buffer) => readonly ExplainedField[];

const BODIES: ReadonlyMap<number, Explainer> = new Map<number, Explainer>([
  [
    ID.enable,
    (body) => [
      field(
        "features",
        FEATURES.read(body)
          .features.map((feature) => feature.toString(16))
          .join(", "),
      ),
    ],
  ],
  [ID.product, (body) => [field("product", PRODUCT.read(body).product), field("version", PRODUCT.read(body).version / 100)]],
  [
    ID.protocols,
    (body) => [
      field(
        "protocols",
        PROTOCOLS.read(body)
          .tags.map(({ tag, number }) => `${String.fromCharCode(tag)}${number}`)
          .join(" "),
      ),
    ],
  ],
  [ID.pressed, (body) => [named(PRESSED.read(body)), field("choice", PRESSED.read(body).choice)]],
  [ID.openText, (body) => [words(OPEN_TEXT.read(body).text)]],
  [ID.okText, (body) => [named(BUTTON_TEXT.read(body)), words(BUTTON_TEXT.read(body).text)]],
  [ID.yesNoText, (body) => [named(BUTTON_TEXT.read(body)), words(BUTTON_TEXT.read(body).text)]],
  [ID.driverText, (body) => [field("unique id", DRIVER_TEXT.read(body).unique), words(DRIVER_TEXT.read(body).text)]],
  [ID.driverTextReceipt, (body) => [field("unique id", UNIQUE.read(body).unique)]],
  [ID.driverReply, driverReply],
  [ID.attach, (body) => [named(ATTACH.read(body)), field("answers", ATTACH.read(body).responses.join(", "))]],
  [ID.attached, (body) => [named(RESULT.read(body)), field("result", RESULT.read(body).result, "0 is right")]],
  [
    ID.text,
    (body) => [
      named(TEXT.read(body)),
      field("shown", TEXT.read(body).kind === 1 ? "at once" : "in the inbox"),
      words(TEXT.read(body).text),
    ],
  ],
  [
    ID.textReceipt,
    (body) => [named(TEXT_RECEIPT.read(body)), field("result", TEXT_RECEIPT.read(body).result === 1 ? "accepted" : "refused")],
  ],
  [ID.pressedReceipt, (body) => [named(NAMED.read(body))]],
  [ID.remove, (body) => [named(NAMED.read(body))]],
  [ID.removed, (body) => [named(RESULT.read(body)), field("result", RESULT.read(body).result, "1 is right")]],
  [ID.setResponse, (body) => [field("answer", RESPONSE.read(body).response), words(RESPONSE.read(body).text)]],
  [
    ID.responseSet,
    (body) => [field("answer", RESPONSE_SET.read(body).response), field("result", RESPONSE_SET.read(body).result, "1 is right")],
  ],
  [ID.statusRequest, (body) => [named(NAMED.read(body))]],
  [
    ID.status,
    (body) => [named(STATUS.read(body)), field("status", ["unread", "read", "not found"][STATUS.read(body).status] ?? "not known")],
  ],
  [ID.longText, (body) => [named(LONG_TEXT.read(body)), field("segment", LONG_TEXT.read(body).sequence), words(LONG_TEXT.read(body).text)]],
  [ID.longTextReceipt, (body) => [named(LONG_RECEIPT.read(body)), field("result", LONG_RECEIPT.read(body).result, "0 is right")]],
]);

function driverReply(body: Buffer): readonly ExplainedField[] {
  const read = DRIVER_REPLY.read(body);
  const reply = read.size === 0 ? [] : [field("answers", idText(read))];
  return [field("unique id", read.unique), ...reply, words(read.text)];
}

function named(read: Named): ExplainedField {
  return field("message id", idText(read));
}

function idText({ size, id }: Named): string {
  const text = id.toString("latin1", 0, size);
  return /^[ -~]+$/.test(text) ? text : id.toString("hex", 0, size);
}

function words(text: Buffer): ExplainedField {
  return field("text", decodeText(untilNul(text), "utf8").text);
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
