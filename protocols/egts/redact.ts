/** AUTH_INFO without its password: what is kept of a conversation must still log in when it is played again. */
import type { Direction } from "../../src/core/index.ts";
import { AUTH, PACKET, SERVICE } from "./codes.ts";
import { type ServiceRecord, type Subrecord, writeRecord, writeSubrecord } from "./records.ts";
import { parsePacket, writePacket } from "./wire.ts";

/** Null: the packet carries no password. Event and time of records beside one are left out. */
export function redact(frame: Buffer, direction: Direction, cover: (secret: string) => string): Buffer | null {
  if (direction === "down") return null;
  const parsed = parsePacket(frame);
  if (parsed.type === "bad" || parsed.packet.type !== PACKET.data || !parsed.packet.records.some(isAuthentication)) return null;
  const records = parsed.packet.records.map((record) => {
    const { number, flags, object, sender, recipient, subrecords } = record;
    const data = (subrecords ?? []).map((subrecord) => writeSubrecord(subrecord.type, contentOf(subrecord, record, cover)));
    const head = { number, flags: flags & ~OPTIONAL_FIELDS, sender, recipient, ...(object === null ? {} : { object }) };
    return writeRecord(head, Buffer.concat(data));
  });
  return writePacket(parsed.packet.type, parsed.packet.pid, Buffer.concat(records));
}

/** OBFE, EVFE and TMFE; `writeRecord` sets the first by itself. */
const OPTIONAL_FIELDS = 0x07;

function isAuthentication(record: ServiceRecord): boolean {
  return (record.subrecords ?? []).some((subrecord) => isCredential(subrecord, record));
}

function isCredential({ type, data }: Subrecord, { sender }: ServiceRecord): boolean {
  return sender === SERVICE.auth && type === AUTH.info && data.includes(0);
}

/** User NUL password NUL, and perhaps a server's sequence. */
function contentOf(subrecord: Subrecord, record: ServiceRecord, cover: (secret: string) => string): Buffer {
  const { data } = subrecord;
  if (!isCredential(subrecord, record)) return data;
  const start = data.indexOf(0) + 1;
  const end = data.indexOf(0, start);
  const stop = end === -1 ? data.length : end;
  return Buffer.concat([data.subarray(0, start), Buffer.from(cover(data.toString("latin1", start, stop)), "latin1"), data.subarray(stop)]);
}
