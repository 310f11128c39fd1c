/** Commands of both directions: what the server says to a packet is the packet's command and 100 (TRC). */
import { type UpPacket, writeDown } from "./wire.ts";

export const UP = {
  records: 1,
  configuration: 2,
  version: 3,
  firmware: 4,
  connection: 5,
  odometer: 6,
  reply: 7,
  dtc: 9,
  identification: 15,
  heartbeat: 16,
  inputsOutputs: 17,
  files: 37,
  extendedRecords: 68,
} as const;

export const DOWN = { recordsTaken: 100, command: 108 } as const;

const ANSWER = 100;
const TAKEN = Buffer.of(1);
const REFUSED = Buffer.of(0);
/** Records left and their count. */
export const RECORDS_HEAD_BYTES = 2;
/** Subtype, source, file name, pieces, number of this one. */
const FILE_HEAD_BYTES = 14;
const FILE_PIECE = 2;

/** They answer what the server asked for, and are answered by nothing. */
const REPLIES: ReadonlySet<number> = new Set([
  ...[UP.configuration, UP.version, UP.firmware, UP.connection, UP.odometer, UP.reply, UP.inputsOutputs],
]);

export function isRecords(command: number): boolean {
  return command === UP.records || command === UP.extendedRecords;
}

/** Commands that the page has an answer for; the others follow the rule, if the profile wants it. Null: nothing is said. */
export function answerTo({ command, payload }: UpPacket, unknown: "answer" | "silent"): Buffer | null {
  if (isRecords(command)) return writeDown(DOWN.recordsTaken, payload.length < RECORDS_HEAD_BYTES ? REFUSED : TAKEN);
  if (REPLIES.has(command) || command + ANSWER > 0xff || (unknown === "silent" && !KNOWN.has(command))) return null;
  return writeDown(command + ANSWER, command === UP.files && payload[0] === FILE_PIECE ? nextPiece(payload) : TAKEN);
}

/** Asks for the piece behind this one; nothing is kept (TRC). */
function nextPiece(payload: Buffer): Buffer {
  if (payload.length < FILE_HEAD_BYTES) return TAKEN;
  const answer = Buffer.alloc(FILE_HEAD_BYTES - 2);
  payload.copy(answer, 0, 0, FILE_HEAD_BYTES - 4);
  answer.writeUInt16BE((payload.readUInt16BE(FILE_HEAD_BYTES - 2) + 1) & 0xffff, FILE_HEAD_BYTES - 4);
  return answer;
}

export function nameOf(command: number): string {
  return NAMES.get(command) ?? "not known";
}

export function downNameOf(command: number): string {
  if (command === DOWN.command) return "command (SMS via GPRS)";
  if (command === DOWN.recordsTaken) return "answer to records";
  return REQUESTS.get(command) ?? (NAMES.has(command - ANSWER) ? `answer to ${nameOf(command - ANSWER)}` : "not known");
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [UP.records, "records"],
  [UP.configuration, "reply about the configuration"],
  [UP.version, "reply about the version"],
  [UP.firmware, "reply about the firmware"],
  [UP.connection, "reply about the connection"],
  [UP.odometer, "reply about the odometer"],
  [UP.reply, "reply to a command"],
  [UP.dtc, "trouble codes"],
  [UP.identification, "identification"],
  [UP.heartbeat, "heartbeat"],
  [UP.inputsOutputs, "reply about inputs and outputs"],
  [UP.files, "files"],
  [UP.extendedRecords, "extended records"],
]);

const REQUESTS: ReadonlyMap<number, string> = new Map([
  [102, "configuration"],
  [103, "version"],
  [104, "firmware"],
  [105, "connection"],
  [106, "odometer"],
  [117, "inputs and outputs"],
]);

const KNOWN: ReadonlySet<number> = new Set(NAMES.keys());
