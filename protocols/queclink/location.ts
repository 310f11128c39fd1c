/** Locations in reports: accuracy, speed, azimuth, altitude, longitude, latitude, UTC time, and the cell behind them (QGV200, p. 200). */

export interface Location {
  /** Its first field. */
  readonly at: number;
  /** An accuracy of 0 says that this is the last one known. */
  readonly accuracy: number;
  readonly speedKmh: number;
  /** YYYYMMDDHHMMSS. */
  readonly utc: string;
}

/** Every whole location: seven fields that nothing else in a report looks like. */
export function locationsIn(fields: readonly string[]): readonly Location[] {
  const found: Location[] = [];
  for (let at = 0; at + LOCATION.length <= fields.length; at += 1) {
    if (!fits(fields, at, LOCATION)) continue;
    const [accuracy, speed, , , , , utc = ""] = fields.slice(at, at + LOCATION.length);
    found.push({ at, accuracy: Number(accuracy), speedKmh: Number(speed), utc });
  }
  return found;
}

/** Where the location begins that ends the long form of GTDAT, not before `from`; null: there is none. */
export function locationStart(fields: readonly string[], from: number): number | null {
  const whole = locationsIn(fields).findLast(({ at }) => at >= from);
  if (whole !== undefined) return whole.at;
  const start = fields.length - EMPTY_LOCATION.length;
  return start >= from && fits(fields, start, EMPTY_LOCATION) ? start : null;
}

/** Fields of the location and its cell. */
export const LOCATION_AND_CELL = 11;

function fits(fields: readonly string[], at: number, shapes: readonly RegExp[]): boolean {
  return shapes.every((shape, index) => shape.test(fields[at + index] ?? ""));
}

const LOCATION: readonly RegExp[] = [
  /^\d{1,2}(?:\.\d)?$/,
  /^\d{1,3}\.\d$/,
  /^\d{1,3}(?:\.\d)?$/,
  /^(?:-?\d{1,5}\.\d)?$/,
  /^-?\d{1,3}\.\d{6}$/,
  /^-?\d{1,2}\.\d{6}$/,
  /^\d{14}$/,
];

/** Without a fix fields are empty; then only the number of them, five reserved ones included, shows where it begins. */
const EMPTY_LOCATION: readonly RegExp[] = [
  /^\d{0,2}$/,
  /^[\d.]{0,5}$/,
  /^[\d.]{0,5}$/,
  /^[-\d.]{0,8}$/,
  /^[-\d.]{0,11}$/,
  /^[-\d.]{0,10}$/,
  /^(?:\d{14})?$/,
  ...Array<RegExp>(4).fill(/^[0-9A-F]{0,8}$/i),
  /^(?:00)?$/,
  ...Array<RegExp>(4).fill(/^$/),
];
