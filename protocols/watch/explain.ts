/** A frame field by field, for people. */
import { type Direction, decodeText, type ExplainedField, type Explanation } from "../../src/core/index.ts";
import { type Frame, readFrame, unescaped } from "./wire.ts";
import { type Topic, topicOf } from "./words.ts";

export function explain(bytes: Buffer, direction: Direction): Explanation {
  const read = readFrame(bytes);
  const who = direction === "up" ? "watch" : "gateway";
  if (read.type === "bad") return { title: "not a frame of a watch", fields: [field("reason", read.reason), field("bytes", bytes.length)] };
  const { address, length, content, word } = read.frame;
  const index = address.index === null ? [] : [field("index", address.index)];
  return {
    title: `${who}: ${TITLES[topicOf(word)]} (${word})`,
    fields: [
      field("maker", address.maker),
      field("id", address.id),
      ...index,
      field("length", length, lengthNote(length, content)),
      ...contentFields(read.frame),
    ],
  };
}

const TITLES: Readonly<Record<Topic, string>> = {
  link: "link",
  alarm: "alarm",
  position: "position",
  health: "health",
  receipt: "text",
  voice: "voice",
  "voice chunk": "chunk of voice",
  picture: "picture",
  setting: "settings",
  unknown: "other",
};
/** Bytes of fields that are shown. */
const SHOWN_BYTES = 500;

function lengthNote(length: number, content: Buffer): string | undefined {
  if (length === content.length) return undefined;
  return length === unescaped(content).length ? "before escaping" : `wrong, it has ${content.length}`;
}

function contentFields({ word, fields }: Frame): readonly ExplainedField[] {
  const topic = topicOf(word);
  if (topic === "receipt") {
    if (fields.length === 0) return [field("receipt", "the text was taken")];
    return [field("text", decodeText(Buffer.from(fields.toString("latin1"), "hex"), "utf16be").text)];
  }
  if (topic === "picture" || topic === "voice chunk" || (topic === "voice" && fields.length > 1))
    return [field("bytes", unescaped(fields).length)];
  return fields.length === 0 ? [] : [field("fields", fields.toString("latin1", 0, SHOWN_BYTES).replaceAll(/[^ -~]/g, "."))];
}

function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}
