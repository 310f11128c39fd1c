/** A device's text frame: `+HEAD:GT<kind>,<version>,<IMEI>,<device name>,...,<send time>,<count>$`, between commas, without escaping. */

export interface Message {
  /** `RESP`, `BUFF`, `ACK`, `NACK` or whatever else stands before the colon. */
  readonly head: string;
  /** Without the `GT` that the AT@ family does not write. */
  readonly name: string;
  readonly classic: boolean;
  /** May be empty. */
  readonly version: string;
  readonly key: string;
  readonly device: string;
  /** What stands between the device name and the send time. */
  readonly body: readonly string[];
  /** As the device wrote it, empty when it has none: with the count the key of a repetition. */
  readonly time: string;
  /** Four hex digits. */
  readonly count: string;
}

export type ReadMessage = { readonly type: "message"; readonly message: Message } | { readonly type: "bad"; readonly reason: string };

/** Reads a frame as Latin-1, with its end or without. */
export function readMessage(frame: Buffer): ReadMessage {
  const fields = frame.toString("latin1").replace(/\$$/, "").split(",");
  const title = TITLE.exec(fields[0] ?? "");
  if (title === null) return bad(`not the title of a message: ${fields[0]?.slice(0, SHOWN_LETTERS)}`);
  const keyAt = FIELDS_OF_KEY.find((index) => KEY.test(fields[index] ?? ""));
  if (keyAt === undefined) return bad("no IMEI");
  const end = countAt(fields);
  if (end <= keyAt) return bad("no count number");
  const [, head = "", gt, name = ""] = title;
  const count = fields[end]?.toUpperCase() ?? "";
  const message = { head, name, classic: gt !== undefined, key: fields[keyAt] ?? "", count, ...contentOf(fields, keyAt, end) };
  return { type: "message", message };
}

/** Only behind a version does a device name stand. */
function contentOf(fields: readonly string[], keyAt: number, end: number): Pick<Message, "version" | "device" | "body" | "time"> {
  const [first = "", ...others] = fields.slice(keyAt + 1, end);
  const [device, between] = keyAt === AFTER_VERSION ? [first, others] : ["", fields.slice(keyAt + 1, end)];
  const last = between.at(-1) ?? "none";
  const version = keyAt === AFTER_VERSION ? (fields[1] ?? "") : "";
  return TIME.test(last) ? { version, device, body: between.slice(0, -1), time: last } : { version, device, body: between, time: "" };
}

/** The count is the last field; on the GL100 its version follows (TRC). */
function countAt(fields: readonly string[]): number {
  const last = fields.length - 1;
  if (COUNT.test(fields[last] ?? "")) return last;
  return GL100_VERSION.test(fields[last] ?? "") && COUNT.test(fields[last - 1] ?? "") ? last - 1 : -1;
}

function bad(reason: string): ReadMessage {
  return { type: "bad", reason };
}

const TITLE = /^\+([A-Z]{1,8}):(GT)?([0-9A-Z]{1,10})$/;
/** IMEI, or MEID of a CDMA device. */
const KEY = /^(?:\d{15}|[0-9A-F]{14})$/i;
const AFTER_VERSION = 2;
/** Behind the version; the GL100 and the AT@ family have none before it. */
const FIELDS_OF_KEY: readonly number[] = [1, AFTER_VERSION];
/** Empty on a device that does not know it. */
const TIME = /^(?:\d{14})?$/;
const COUNT = /^[0-9A-F]{4}$/i;
const GL100_VERSION = /^\d{10}$/;
const SHOWN_LETTERS = 20;
