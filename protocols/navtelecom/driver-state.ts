/** What the display reports in telemetry: the driver's status (field 104) and the last text read (field 105). */
import type { DeviceEvent } from "../../src/core/index.ts";
import type { RecordLayout } from "./fields.ts";
import { NO_INDEX, STATUS_TEXTS } from "./messages.ts";
import type { Settings } from "./profile.ts";

/** Fields 104 and 105 when the display has nothing to say. */
const NO_STATUS = 0;
const NOTHING_READ = 0;

interface Known {
  readonly status: number | null;
  readonly read: number;
  /** Index or time of the newest record. */
  readonly newest: number | null;
}

export interface Heard {
  /** New statuses, oldest first. */
  readonly events: readonly DeviceEvent[];
  /** Indexes of texts that are read now. */
  readonly read: readonly number[];
  /** To be called once the events are stored: until then the same telemetry says the same again. */
  readonly commit: () => void;
}

export class DriverState {
  #known: Known = { status: null, read: NOTHING_READ, newest: null };

  hear(records: readonly Buffer[], layout: RecordLayout, settings: Settings): Heard {
    let known = this.#known;
    const events: DeviceEvent[] = [];
    const read: number[] = [];
    for (const record of records) {
      const report = reportOf(record, layout);
      // Archives come after events and are older: what they say of the display is past.
      if (isOlder(report.order, known.newest)) continue;
      if (isNews(report.status, known.status, settings)) events.push(statusEvent(report, settings));
      if (report.read !== known.read && report.read !== NOTHING_READ && report.read !== NO_INDEX) read.push(report.read);
      known = { status: report.status ?? known.status, read: report.read, newest: report.order ?? known.newest };
    }
    const commit = (): void => {
      this.#known = known;
    };
    return { events, read, commit };
  }
}

interface Report {
  readonly status: number | null;
  readonly read: number;
  /** The record's index, or its time. */
  readonly order: number | null;
}

function reportOf(record: Buffer, layout: RecordLayout): Report {
  const at = layout.index ?? layout.time;
  return {
    status: layout.status === null ? null : record.readUInt8(layout.status),
    read: layout.read === null ? NOTHING_READ : record.readUInt32LE(layout.read),
    order: at === null ? null : record.readUInt32LE(at),
  };
}

function isNews(status: number | null, before: number | null, settings: Settings): boolean {
  if (status === null || status === NO_STATUS || settings.driverStatus === "off") return false;
  return before === null ? settings.firstStatus === "report" : status !== before;
}

/** The record's own number tells a repeated record from a status that was chosen again. */
function statusEvent({ status, order }: Report, settings: Settings): DeviceEvent {
  const code = status ?? NO_STATUS;
  const serial = order === null ? null : `104:${order}:${code}`;
  if (settings.driverStatus === "code") return { type: "answer", tag: null, choice: code, serial };
  return { type: "text", text: settings.statusTexts[code] ?? STATUS_TEXTS[code] ?? `status ${code}`, serial };
}

/** Numbers that wrap at 2^32. */
function isOlder(order: number | null, newest: number | null): boolean {
  return order !== null && newest !== null && (order - newest) >>> 0 > 0x7fffffff;
}
