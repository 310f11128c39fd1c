/** A Garmin navigator at a T622: the tracker speaks FMI to it, and says and takes texts as fields of D75 and D76 (MT622). */
import { decodeText } from "../../src/core/index.ts";

/** A text on its way to the navigator. */
export interface NavigatorText {
  /** Seconds since 1989-12-31; see `fmiTime`. */
  readonly time: number;
  /** Eight hex digits. */
  readonly id: string;
  /** UTF-16BE as hex digits. */
  readonly text: Buffer;
  readonly port: number;
}

/** A driver's text. */
export interface DriverText {
  readonly time: string;
  /** The text of ours that it replies to. */
  readonly answers: string;
  /** The navigator's own number for it. */
  readonly id: string;
  readonly text: string;
  readonly lossy: boolean;
}

/** The data of a D76. The id's size has two digits: so the document's example sums up, in which one is lost. */
export function navigatorData({ time, id, text, port }: NavigatorText): Buffer {
  const head = `${hex8(time)},${id.length.toString(16).padStart(2, "0")},${id.toUpperCase()},`;
  return Buffer.concat([Buffer.from(head, "latin1"), text, Buffer.from(`,${port}`, "latin1")]);
}

/** The data of a D75: time, latitude, longitude, id answered, size of the id, id, text, serial port; null: it is none. */
export function readDriverText(data: Buffer): DriverText | null {
  const fields = data.toString("latin1").split(",");
  const [time = "", latitude = "", longitude = "", answers = "", size = "", id = "", words = ""] = fields;
  if (fields.length !== FIELDS || ![time, latitude, longitude, size, id].every((field) => HEX.test(field))) return null;
  if (!/^[0-9a-f]{0,16}$/i.test(answers) || !/^(?:[0-9a-f]{4})+$/i.test(words)) return null;
  const { text, lossy } = decodeText(Buffer.from(words, "hex"), "utf16be");
  return { time, answers: answers.toLowerCase(), id, text: text.replaceAll("\0", ""), lossy };
}

export function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

const FIELDS = 8;
const HEX = /^[0-9a-f]{1,16}$/i;
