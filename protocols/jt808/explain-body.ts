/** The bodies that matter to a chat, field by field; all others as hex. */
import { decodeText, type ExplainedField } from "../../src/core/index.ts";
import type { Header } from "./header.ts";
import {
  ANSWER,
  BYTE_AND_TEXT,
  EVENT,
  MEDIA,
  MENU,
  POSITION,
  QUESTION,
  REGISTER,
  REGISTER_2013_BYTES,
  REGISTERED,
  RESEND,
  RESPONSE,
  readAuth,
  TEXT_2019,
  TEXT_RESULT,
  WAYBILL,
} from "./layout.ts";
import { hex4, ID, nameOf, registerWords, resultWords } from "./messages.ts";

/** Throws LayoutError when the body does not fit its message. */
export function explainBody(header: Header, body: Buffer): readonly ExplainedField[] {
  return (EXPLAINERS.get(header.id) ?? raw)(body, header.address.form === "long");
}

export function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}

type Explainer = (body: Buffer, long: boolean) => readonly ExplainedField[];

const EXPLAINERS: ReadonlyMap<number, Explainer> = new Map<number, Explainer>([
  [ID.deviceResponse, response],
  [ID.platformResponse, response],
  [ID.resendDown, resend],
  [ID.resendUp, resend],
  [ID.register, register],
  [ID.registered, registered],
  [ID.auth, auth],
  [ID.position, position],
  [ID.event, (body) => [field("event", EVENT.read(body).event)]],
  [ID.answer, answer],
  [ID.menu, menu],
  [ID.waybill, (body) => [field("content", printable(WAYBILL.read(body).text))]],
  [ID.media, (body) => [field("media id", MEDIA.read(body).mediaId.readUInt32BE(0))]],
  [ID.mediaReceived, (body) => [field("media id", body.length < 4 ? "missing" : body.readUInt32BE(0))]],
  [ID.transparentUp, transparent],
  [ID.transparentDown, transparent],
  [ID.textResult, textResult],
  [ID.vendorText, vendorText],
  [ID.time, (body) => [field("time", body.toString("hex"), "BCD, UTC")]],
  [ID.text, text],
  [ID.question, question],
]);

function raw(body: Buffer): readonly ExplainedField[] {
  return [field("body", body.toString("hex"))];
}

function response(body: Buffer): readonly ExplainedField[] {
  const { serial, id, result } = RESPONSE.read(body);
  return [field("answers serial", serial), field("answers id", `0x${hex4(id)}`, nameOf(id)), field("result", result, resultWords(result))];
}

function resend(body: Buffer, long: boolean): readonly ExplainedField[] {
  const { serial, indexes } = RESEND[long ? "long" : "short"].read(body);
  return [field("first fragment's serial", serial), field("missing", indexes.join(", "))];
}

function register(body: Buffer, long: boolean): readonly ExplainedField[] {
  const edition = long ? "2019" : body.length < REGISTER_2013_BYTES ? "2011" : "2013";
  const { province, city, maker, model, terminal, plateColour, plate } = REGISTER[edition].read(body);
  return [
    field("edition", edition),
    field("province", province),
    field("city", city),
    field("maker", printable(maker)),
    field("model", printable(model)),
    field("terminal id", printable(terminal)),
    field("plate colour", plateColour),
    field("plate or VIN", printable(plate)),
  ];
}

function registered(body: Buffer): readonly ExplainedField[] {
  const { serial, result, code } = REGISTERED.read(body);
  const fields = [field("answers serial", serial), field("result", result, registerWords(result))];
  return code.length === 0 ? fields : [...fields, redacted(code)];
}

function auth(body: Buffer, long: boolean): readonly ExplainedField[] {
  const { code, rest } = readAuth(body, long ? "long" : "short");
  if (rest === null) return [redacted(code)];
  const named = [field("imei", printable(rest.subarray(0, IMEI_BYTES))), field("software version", printable(rest.subarray(IMEI_BYTES)))];
  return [redacted(code), ...named.filter(({ value }) => value !== "")];
}

const IMEI_BYTES = 15;

function redacted(code: Buffer): ExplainedField {
  return field("auth code", "(redacted)", `${code.length} bytes`);
}

function position(body: Buffer): readonly ExplainedField[] {
  const { status, speed } = POSITION.read(body);
  return [field("ignition", (status & 1) === 1 ? "on" : "off"), field("speed", speed / 10, "km/h"), ...raw(body)];
}

function answer(body: Buffer): readonly ExplainedField[] {
  const { serial, answer: id } = ANSWER.read(body);
  return [field("question's serial", serial), field("answer id", id)];
}

function menu(body: Buffer): readonly ExplainedField[] {
  const { item, wanted } = MENU.read(body);
  return [field("item", item), field("wanted", wanted, wanted === 1 ? "subscribe" : "cancel")];
}

function transparent(body: Buffer): readonly ExplainedField[] {
  const { first, text: content } = BYTE_AND_TEXT.read(body);
  return [field("type", `0x${first.toString(16)}`), field("content", content.toString("hex"), "meaning is the vendor's")];
}

function textResult(body: Buffer): readonly ExplainedField[] {
  const { serial, text: words } = TEXT_RESULT.read(body);
  return [field("answers serial", serial), field("text", printable(words, "utf16be"))];
}

function vendorText(body: Buffer): readonly ExplainedField[] {
  const { first, text: words } = BYTE_AND_TEXT.read(body);
  const charset = first === 1 ? "utf16be" : "gbk";
  return [field("encoding", first, charset), field("text", printable(words, charset))];
}

function text(body: Buffer, long: boolean): readonly ExplainedField[] {
  const read = long ? TEXT_2019.read(body) : null;
  const { first, text: words } = read === null ? BYTE_AND_TEXT.read(body) : { first: read.flags, text: read.text };
  const fields = [field("flags", `0x${first.toString(16).padStart(2, "0")}`, flagWords(first, long))];
  if (read !== null) fields.push(field("text type", read.kind, ["", "notice", "service"][read.kind] || undefined));
  return [...fields, field("text", printable(words), "read as GBK")];
}

function flagWords(flags: number, long: boolean): string {
  const kind = long ? (["", "service", "urgent", "notice"][flags & 3] ?? "") : (flags & 1) === 1 ? "urgent" : "";
  const shown = [
    kind,
    bit(flags, 2, "display"),
    bit(flags, 3, "read aloud"),
    bit(flags, 4, "advertising screen"),
    bit(flags, 5, "CAN fault"),
  ];
  return shown.filter((word) => word !== "").join(", ") || "none";
}

function bit(flags: number, index: number, word: string): string {
  return ((flags >> index) & 1) === 1 ? word : "";
}

function question(body: Buffer): readonly ExplainedField[] {
  const { flags, text: words, answers } = QUESTION.read(body);
  const choices = answers.map((choice) => field(`answer ${choice.answer}`, printable(choice.text)));
  return [field("flags", `0x${flags.toString(16).padStart(2, "0")}`), field("question", printable(words)), ...choices];
}

/** Text without the NULs that pad it on either side. */
function printable(bytes: Buffer, charset: "gbk" | "utf16be" = "gbk"): string {
  return decodeText(bytes, charset).text.replaceAll("\0", "");
}
