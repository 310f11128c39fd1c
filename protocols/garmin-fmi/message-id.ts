/** Ids of messages and of canned responses: made from the order alone, so that a repetition on any line carries the same. */
import { crc16Arc } from "../../src/core/index.ts";

/** A message id has 1 to 16 bytes in a field of 16. */
export const ID_FIELD_BYTES = 16;
/** A unit stores 200 canned responses, and offers 50 with a message. */
export const MAX_CHOICES = 50;
/** So many questions keep their own answers in the unit. */
const GROUPS = 4;
/** "TC": ours among the responses of others. */
const BASE = 0x5443_0000;

/**
 * Eight ASCII characters: the tag, and a check of the text, because tags start anew after 65535 texts and a unit refuses
 * an id that it has stored.
 */
export function messageId(tag: number, content: string): string {
  return hex4(tag & 0xffff) + hex4(crc16Arc(Buffer.from(content)));
}

/** A message id field's bytes as our own tag; null: not one of ours. */
export function ownTag(size: number, field: Buffer): string | null {
  const text = field.toString("latin1", 0, size);
  return /^[0-9a-f]{8}$/.test(text) ? text : null;
}

export function idField(id: string): Buffer {
  const field = Buffer.alloc(ID_FIELD_BYTES);
  field.write(id, "latin1");
  return field;
}

/** The id of a question's answer number `choice` (from 0). */
export function responseId(message: string, choice: number): number {
  return BASE + groupOf(message) * MAX_CHOICES + choice;
}

/** Which answer of this question a response id is; null: none. */
export function choiceOf(message: string, response: number): number | null {
  const choice = response - responseId(message, 0);
  return choice >= 0 && choice < MAX_CHOICES ? choice : null;
}

function groupOf(message: string): number {
  return Number.parseInt(message.slice(0, 4), 16) % GROUPS;
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}
