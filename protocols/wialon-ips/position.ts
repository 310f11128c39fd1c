/**
 * Positions are not kept; they are checked only as far as the answer's code needs it, because a device that is told
 * "wrong" repeats or falls silent. Odd but common values pass: empty fields, floats, many decimals, a missing ADC.
 */
import { absent } from "./login.ts";

/** The codes of `ASD` and `AD` (W20): SD knows them up to 12, where D has 12..15 for its own fields. */
type PositionCode = "-1" | "0" | "1" | "10" | "11" | "12" | "13" | "14" | "15";

export interface Position {
  readonly code: PositionCode;
  readonly speedKmh: number | null;
  /** Values of all parameters `text:3:...`, as Latin-1 byte strings. */
  readonly texts: readonly string[];
}

/** Reads the fields of one record, without its CRC, as Latin-1. A `D` has 15 or 16 fields, an `SD` 10. */
export function readPosition(record: string, kind: "SD" | "D"): Position {
  const ordinary = kind === "SD" ? ORDINARY.exec(record) : null;
  return ordinary === null ? readFields(record, kind) : { code: "1", speedKmh: Number(ordinary[1]), texts: [] };
}

/** What nearly every `SD` looks like, up to its speed and behind it: told at once instead of field by field, which takes five times as long. */
const ORDINARY = /^\d{6};\d{6};[0-8]\d{3}\.\d+;[NS];(?:0\d|1[0-7])\d{3}\.\d+;[EW];(\d{1,3});\d{1,3};\d{1,5};\d{1,2}$/;

function readFields(record: string, kind: "SD" | "D"): Position {
  const fields = record.split(";");
  // A record that is answered 1 is gone from the device: a driver's text in it is read wherever its parameters begin.
  const begin = fields.findIndex((field, index) => index >= SD_FIELDS && PARAM.test(field));
  const before = begin === -1 ? fields : fields.slice(0, begin);
  const params = readParams(fields.slice(begin === -1 ? D_FIELDS : begin).join(";"));
  const extended = kind === "D" ? (badExtended(before) ?? (params === null ? "15" : null)) : null;
  const code = before.length < leastFields(kind, begin !== -1) ? "-1" : (badCommon(before) ?? extended ?? "1");
  const speed = absent(fields[SPEED]) ? Number.NaN : Number(fields[SPEED]);
  return { code, speedKmh: Number.isFinite(speed) && speed >= 0 ? speed : null, texts: textsOf(params ?? []) };
}

/** A record of a `B` says by its length which kind it is. */
export function recordKind(record: string): "SD" | "D" {
  return record.split(";", D_FIELDS).length < D_FIELDS ? "SD" : "D";
}

/** Some devices leave the field of the ADC out, which shows where parameters follow. */
function leastFields(kind: "SD" | "D", withParams: boolean): number {
  if (kind === "SD") return SD_FIELDS;
  return withParams ? D_FIELDS - 1 : D_FIELDS;
}

interface Param {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

function badCommon(fields: readonly string[]): PositionCode | null {
  const [date, time, lat, northSouth, lon, eastWest, speed, course, altitude, satellites] = fields;
  if (!matches(date, /^\d{6}$/) || !matches(time, /^\d{6}(?:\.\d*)?$/)) return "0";
  if (!isCoordinate(lat, 90) || !isCoordinate(lon, 180)) return "10";
  if (!matches(northSouth, /^[NS]$/i) || !matches(eastWest, /^[EW]$/i)) return "10";
  if (!isNumber(speed) || !isNumber(course) || !isNumber(altitude)) return "11";
  return isNumber(satellites) ? null : "12";
}

function badExtended(fields: readonly string[]): PositionCode | null {
  const [hdop, inputs, outputs, fourth = ""] = fields.slice(SD_FIELDS);
  const adc = fields.length < D_FIELDS ? "" : fourth;
  if (!isNumber(hdop)) return "12";
  if (!isNumber(inputs) || !isNumber(outputs)) return "13";
  return adc.split(",").every(isNumber) ? null : "14";
}

/** `name:type:value,...`; null when there is no parameter in it at all. A piece that is none belongs to the value before it. */
function readParams(field: string): readonly Param[] | null {
  if (absent(field.trim())) return [];
  const params: Param[] = [];
  for (const piece of field.split(",")) {
    const param = PARAM.exec(piece);
    const last = params.at(-1);
    if (param !== null) params.push({ name: param[1] ?? "", type: param[2] ?? "", value: piece.slice(param[0].length) });
    else if (last !== undefined) params[params.length - 1] = { ...last, value: `${last.value},${piece}` };
  }
  return params.length === 0 ? null : params;
}

function textsOf(params: readonly Param[]): readonly string[] {
  return params.filter(({ name, type, value }) => name === "text" && type === "3" && value !== "").map(({ value }) => value);
}

/** DDMM.mm or DDDMM.mm, as one number. */
function isCoordinate(field: string | undefined, degrees: number): boolean {
  return absent(field) || (isNumber(field) && Math.abs(Number(field)) <= degrees * 100);
}

function isNumber(field: string | undefined): boolean {
  return absent(field) || Number.isFinite(Number(field));
}

function matches(field: string | undefined, shape: RegExp): boolean {
  return field === undefined || absent(field) || shape.test(field);
}

const SD_FIELDS = 10;
/** Without the parameters, which may be absent. */
const D_FIELDS = 15;
const SPEED = 6;
const PARAM = /^\s*([^\s:,][^:,]*):(\d):/;
