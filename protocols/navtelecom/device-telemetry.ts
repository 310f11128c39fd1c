/** What the simulated device offers and reports: records with the fields that matter to a chat. */
import { encodeText, splitText } from "../../src/core/index.ts";
import { maskOf } from "./fields.ts";
import { MAX_SERIAL_BYTES } from "./flex-length.ts";
import { serialData } from "./messages.ts";
import { VERSIONS, type VersionName } from "./profile.ts";
import { sealFlex } from "./wire.ts";

/** How many fields each version knows. */
const FIELDS: Readonly<Record<VersionName, number>> = { "1.0": 69, "2.0": 122, "3.0": 255 };
/** Index, event, time, flags, speed; from 2.0 on also the driver's status and the last text read. */
const REPORTED: readonly number[] = [1, 2, 3, 4, 13, 104, 105];
const RS232 = 1;

export interface Report {
  readonly letter: "A" | "T" | "C";
  readonly index: number;
  readonly status: number;
  readonly read: number;
}

/** Data of `*>FLEX`. */
export function offerOf(version: VersionName): Buffer {
  const code = VERSIONS[version];
  const count = FIELDS[version];
  return Buffer.concat([
    Buffer.from("*>FLEX"),
    Buffer.from([0xb0, code, code, count]),
    maskOf(
      REPORTED.filter((field) => field <= count),
      count,
    ),
  ]);
}

/** One record as a whole message. */
export function reportMessage(report: Report, version: VersionName): Buffer {
  const record = recordOf(report, version);
  const head = Buffer.from(`~${report.letter}`);
  if (report.letter === "C") return sealFlex(Buffer.concat([head, record]));
  if (report.letter === "A") return sealFlex(Buffer.concat([head, Buffer.of(1), record]));
  return sealFlex(Buffer.concat([head, u32(report.index), record]));
}

/** Telemetry of plain NTCB (format 2.5): its index, and values that nobody reads. */
export function ntcbReport(report: Report): Buffer {
  return Buffer.concat([Buffer.from("*>T"), Buffer.of(0x25), u32(report.index), Buffer.alloc(81)]);
}

/** A line typed on a keyboard at the RS232 port. */
export function typed(text: string): readonly Buffer[] {
  const line = `${text.replaceAll(/[\r\n]+/g, " ")}\r\n`;
  if (encodeText(line, "cp1251").bytes.length <= MAX_SERIAL_BYTES)
    return [serialData({ port: RS232, data: encodeText(line, "cp1251").bytes })];
  const { parts } = splitText(line, "cp1251", MAX_SERIAL_BYTES - 2);
  return parts.map((data) => serialData({ port: RS232, data: Buffer.concat([data, Buffer.from("\r\n")]) }));
}

function recordOf({ index, status, read }: Report, version: VersionName): Buffer {
  const speed = Buffer.alloc(4);
  speed.writeFloatLE(36);
  const common = [u32(index), Buffer.from([0x17, 0x00]), u32(EPOCH_S + index), Buffer.of(0), speed];
  return Buffer.concat(version === "1.0" ? common : [...common, Buffer.of(status), u32(read)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** 2026-01-01, UTC. */
const EPOCH_S = Date.UTC(2026, 0, 1) / 1_000;
