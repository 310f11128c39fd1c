/** What each record of a device means: its events, and how it is answered. */
import { crc16CcittFalse, type DeviceEvent, LayoutError } from "../../src/core/index.ts";
import { AUTH, COMMAND, COMMAND_DATA, RECORD_RESPONSE, RESULT, SERVICE } from "./codes.ts";
import { type Command, readCommand } from "./command.ts";
import { DISPATCHER, RECORD_RESULT } from "./layout.ts";
import type { Settings } from "./profile.ts";
import type { ServiceRecord, Subrecord } from "./records.ts";
import { fieldText, readTerminal, type Terminal } from "./terminal.ts";
import { readText } from "./text.ts";

export interface RecordReading {
  readonly events: readonly DeviceEvent[];
  /** RST. */
  readonly result: number;
  /** Texts to be confirmed with MSGCONF, by their CID. */
  readonly texts: readonly number[];
  readonly introductions: readonly Introduction[];
}

/** How a device said who it is. */
export type Introduction =
  | { readonly type: "terminal"; readonly terminal: Terminal }
  | { readonly type: "dispatcher"; readonly id: number }
  | { readonly type: "password"; readonly password: string };

export interface Inbound {
  /** Of the unit that the record is of; null: it does not say which. */
  readonly settings: Settings | null;
  recordAnswered(number: number, result: number): readonly DeviceEvent[];
  confirmed(command: Command): readonly DeviceEvent[];
}

/** Reads one record; what does not fit is `bad` and refused with 132, what nobody here needs is taken and dropped. Never throws. */
export function readRecord(record: ServiceRecord, inbound: Inbound): RecordReading {
  if (record.subrecords === null) return refused("a record that does not divide into subrecords");
  try {
    return joined(record.subrecords.map((subrecord) => readSubrecord({ record, subrecord }, inbound)));
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return refused(error.message);
  }
}

/** Who introduces himself in these records. */
export function introductionsOf(records: readonly ServiceRecord[]): readonly Introduction[] {
  const auth = records.filter(({ sender }) => sender === SERVICE.auth);
  return auth.flatMap((record) => readRecord(record, DEAF).introductions);
}

/** It holds a text of a driver. */
export function hasText({ sender, subrecords }: ServiceRecord): boolean {
  const isText = ({ type, data }: Subrecord): boolean => type === COMMAND_DATA && (data[0] ?? 0) >> 4 === COMMAND.messageFrom;
  return sender === SERVICE.commands && subrecords?.some(isText) === true;
}

interface Place {
  readonly record: ServiceRecord;
  readonly subrecord: Subrecord;
}

function readSubrecord({ record, subrecord }: Place, inbound: Inbound): RecordReading {
  const { type, data } = subrecord;
  if (type === RECORD_RESPONSE) {
    const { number, result } = RECORD_RESULT.read(data);
    return { ...TAKEN, events: inbound.recordAnswered(number, result) };
  }
  if (record.sender === SERVICE.auth) return authentication(subrecord);
  if (record.sender === SERVICE.commands && type === COMMAND_DATA) return command(record, readCommand(data), inbound);
  return TAKEN;
}

function authentication(subrecord: Subrecord): RecordReading {
  switch (subrecord.type) {
    case AUTH.terminal:
      return { ...TAKEN, introductions: [{ type: "terminal", terminal: readTerminal(subrecord) }] };
    case AUTH.dispatcher:
      return { ...TAKEN, introductions: [{ type: "dispatcher", id: DISPATCHER.read(subrecord.data).id }] };
    case AUTH.info:
      return { ...TAKEN, introductions: [{ type: "password", password: passwordOf(subrecord.data) }] };
    default:
      return TAKEN;
  }
}

/** AUTH_INFO: user NUL password NUL, and perhaps a server's sequence. */
function passwordOf(data: Buffer): string {
  const start = data.indexOf(0) + 1;
  const end = data.indexOf(0, start);
  if (start === 0 || end === -1) throw new LayoutError("AUTH_INFO: user and password that end with NUL expected");
  return fieldText(data.subarray(start, end));
}

function command(record: ServiceRecord, said: Command, inbound: Inbound): RecordReading {
  switch (said.type) {
    case COMMAND.messageFrom:
      return inbound.settings === null ? refused("a text that names no unit", RESULT.objectNotFound) : text(record, said, inbound.settings);
    case COMMAND.commandConfirmation:
    case COMMAND.messageConfirmation:
    case COMMAND.delivered:
      return { ...TAKEN, events: inbound.confirmed(said) };
    default:
      return TAKEN;
  }
}

function text(record: ServiceRecord, { cid, charset, data }: Command, settings: Settings): RecordReading {
  const decoded = readText(data, charset, settings);
  if (decoded === null) return refused(`a text in charset ${charset}, which is none`);
  const event: DeviceEvent = { type: "text", text: decoded.text, serial: serialOf(record, cid, data), lossy: decoded.lossy };
  return { ...TAKEN, events: [event], texts: [cid] };
}

/**
 * De-duplication key. A device may count its CIDs anew when it restarts, and its record numbers on a new line: the time of
 * the record, where it has one, is the same in a re-send and differs otherwise; else the record's number must do.
 */
function serialOf({ time, number }: ServiceRecord, cid: number, data: Buffer): string {
  return `${cid}:${time === null ? `r${number}` : `t${time}`}:${crc16CcittFalse(data).toString(16).padStart(4, "0")}`;
}

/** It is confirmed, and that is all. */
export const TAKEN: RecordReading = { events: [], result: RESULT.ok, texts: [], introductions: [] };

const DEAF: Inbound = { settings: null, recordAnswered: () => [], confirmed: () => [] };

function refused(reason: string, result: number = RESULT.badData): RecordReading {
  return { ...TAKEN, events: [{ type: "bad", reason }], result };
}

function joined(readings: readonly RecordReading[]): RecordReading {
  return {
    events: readings.flatMap(({ events }) => events),
    result: readings.find(({ result }) => result !== RESULT.ok)?.result ?? RESULT.ok,
    texts: readings.flatMap(({ texts }) => texts),
    introductions: readings.flatMap(({ introductions }) => introductions),
  };
}
