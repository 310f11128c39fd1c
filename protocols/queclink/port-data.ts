/** What a terminal wrote at the serial port: GTDAT as it stands, in two forms, and GTDTT in hex. */
import { type CharsetName, decodeText, withoutTail } from "../../src/core/index.ts";
import { isText } from "../line-text/grammar.ts";
import { locationStart } from "./location.ts";
import type { Message } from "./message.ts";

export interface PortData {
  /** `text`: one command of the terminal, printable; `bytes`: whatever the port heard. */
  readonly form: "text" | "bytes";
  readonly bytes: Buffer;
}

/** Null: this message carries none. */
export function portDataOf({ head, name, body }: Message): PortData | null {
  if (head !== "RESP" && head !== "BUFF") return null;
  if (name === "DAT") return dataOf(gtdat(body));
  return name === "DTT" ? gtdtt(body) : null;
}

/** As a driver's text; null: bytes of something else. */
export function textOf(bytes: Buffer, charset: CharsetName): { readonly text: string; readonly lossy: boolean } | null {
  // What a terminal without our charset sends is most likely UTF-8.
  const { text, lossy } = decodeText(bytes, charset === "ascii" ? "utf8" : charset);
  const words = withoutTail(text, "\r\n\0");
  return isText(words.replaceAll(/[\r\n]/gu, " ")) ? { text: words, lossy } : null;
}

/**
 * The short form has the data alone, the long one three fields before it and a location behind (QGV200, p. 200). Commas
 * inside the data are not escaped, so both are read from both ends.
 */
function gtdat(body: readonly string[]): string {
  const start = body.length < LONG_FIELDS ? null : locationStart(body, DATA + 1);
  return (start === null ? body : body.slice(DATA, start)).join(",");
}

/** `<reserved>,<reserved>,<type>,<length>,<hex>` (TRC); what is not hex is taken as it stands. */
function gtdtt(body: readonly string[]): PortData | null {
  const data = body[HEX_DATA] ?? "";
  if (!/^(?:[0-9A-F]{2})+$/i.test(data)) return dataOf(body.slice(HEX_DATA).join(","));
  return { form: "bytes", bytes: Buffer.from(data, "hex") };
}

function dataOf(data: string): PortData | null {
  return data === "" ? null : { form: "text", bytes: Buffer.from(data, "latin1") };
}

/** Report type and two reserved fields stand before it. */
const DATA = 3;
/** Those, the data, and a location with its cell. */
const LONG_FIELDS = 15;
const HEX_DATA = 4;
