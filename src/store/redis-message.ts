/** Messages as bytes; the layout is described in lua/parts/messages.lua, which changes them in place. */
import { MESSAGE_STATES, type Message, type MessageId, type MessageState, type TrackerId } from "../chat/message.ts";
import type { Draft } from "../chat/ports.ts";
import { keptReason } from "./limits.ts";

const INCOMING: ReadonlySet<MessageState> = new Set(["unread", "marked-read"]);

const ALTERED = 1;
const BY_DEVICE = 2;
const IMPLIED = 4;
const HAS_EMPLOYEE = 8;
const HAS_ANSWERS = 16;
const HAS_REASON = 32;
const HAS_CHOICES = 64;
/** State, flags, submit time, update time. */
const FIXED_BYTES = 14;

/** What submit.lua puts around the stamp that it takes. */
export interface PackedDraft {
  readonly state: number;
  readonly flags: number;
  readonly rest: Buffer;
}

export function packDraft(draft: Draft): PackedDraft {
  const reason = draft.rejected === null ? null : Buffer.from(keptReason(draft.rejected));
  const state: MessageState = reason === null ? "queued" : "rejected";
  const choices = packChoices(draft.choices ?? []);
  return {
    state: stateCode(state),
    flags: incomingFlags(draft.employeeId, draft.altered) + (reason === null ? 0 : HAS_REASON) + (choices.length === 0 ? 0 : HAS_CHOICES),
    rest: Buffer.concat([
      packEmployee(draft.employeeId),
      ...(reason === null ? [] : [uint16(reason.length), reason]),
      ...(choices.length === 0 ? [] : [uint16(choices.length), choices]),
      Buffer.from(draft.text),
    ]),
  };
}

/** Each with its length before it: at most 50 characters make at most 200 bytes. */
function packChoices(choices: readonly string[]): Buffer {
  const packed = choices.map((choice) => Buffer.from(choice));
  return Buffer.concat(packed.flatMap((choice) => [Buffer.from([choice.length]), choice]));
}

/** Flags of a message without answers, reason and choices. */
export function incomingFlags(employeeId: number | null, altered: boolean): number {
  return (altered ? ALTERED : 0) + (employeeId === null ? 0 : HAS_EMPLOYEE);
}

export function packEmployee(employeeId: number | null): Buffer {
  if (employeeId === null) return Buffer.alloc(0);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(employeeId);
  return bytes;
}

/** The message in a packed value; throws RangeError when the value is cut short. */
export function unpackMessage(trackerId: TrackerId, id: MessageId, value: Buffer): Message {
  const state = stateOf(value.readUInt8(0));
  const flags = value.readUInt8(1);
  const updatedAt = value.readUIntBE(8, 6);
  const optional = unpackOptional(value, flags);
  return {
    id,
    trackerId,
    direction: INCOMING.has(state) ? "INCOMING" : "OUTGOING",
    state,
    text: value.toString("utf8", optional.end),
    submittedAt: value.readUIntBE(2, 6),
    updatedAt: updatedAt === 0 ? null : updatedAt,
    employeeId: optional.employeeId,
    altered: (flags & ALTERED) !== 0,
    receipt: receiptOf(flags),
    reason: optional.reason,
    answers: optional.answers,
    ...(optional.choices === null ? {} : { choices: optional.choices }),
  };
}

/** What goes out of a message: the text, and the choices of a question. */
export function unpackSpeech(value: Buffer): { readonly text: string; readonly choices: readonly string[] | null } {
  const { end, choices } = unpackOptional(value, value.readUInt8(1));
  return { text: value.toString("utf8", end), choices };
}

function unpackOptional(value: Buffer, flags: number) {
  let end = FIXED_BYTES;
  const take = (flag: number, size: number): number | null => {
    if ((flags & flag) === 0) return null;
    end += size;
    return end - size;
  };
  const employeeAt = take(HAS_EMPLOYEE, 4);
  const answersAt = take(HAS_ANSWERS, 4);
  const reasonAt = take(HAS_REASON, 2);
  if (reasonAt !== null) end += value.readUInt16BE(reasonAt);
  const reasonEnd = end;
  const choicesAt = take(HAS_CHOICES, 2);
  if (choicesAt !== null) end += value.readUInt16BE(choicesAt);
  return {
    employeeId: employeeAt === null ? null : value.readInt32BE(employeeAt),
    answers: answersAt === null ? null : value.readInt32BE(answersAt),
    reason: reasonAt === null ? null : value.toString("utf8", reasonAt + 2, reasonEnd),
    choices: choicesAt === null ? null : unpackChoices(value.subarray(choicesAt + 2, end)),
    end,
  };
}

function unpackChoices(packed: Buffer): readonly string[] {
  const choices: string[] = [];
  for (let at = 0; at < packed.length; at += 1 + packed.readUInt8(at)) {
    choices.push(packed.toString("utf8", at + 1, at + 1 + packed.readUInt8(at)));
  }
  return choices;
}

/** State codes are places in the list of states, from 1. */
export function stateCode(state: MessageState): number {
  return MESSAGE_STATES.indexOf(state) + 1;
}

/** The state with this code; throws RangeError when there is none. */
export function stateOf(code: number): MessageState {
  const state = MESSAGE_STATES[code - 1];
  if (state === undefined) throw new RangeError(`there is no message state ${code}`);
  return state;
}

function receiptOf(flags: number): Message["receipt"] {
  if ((flags & BY_DEVICE) !== 0) return "device";
  return (flags & IMPLIED) === 0 ? null : "implied";
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
