/** Log lines of one connection, or of all that never became a line: few enough that a hostile device cannot fill a disk, and never a text above debug. */
import type { Logger } from "pino";

/** Lines within one window; those beyond are counted and told with the next. */
const LINES_PER_WINDOW = 10;
const WINDOW_MS = 60_000;
const HEX_BYTES = 256;

export class LineLog {
  readonly #log: Logger;
  readonly #limit: number;
  #windowEnds = 0;
  #written = 0;
  #suppressed = 0;

  constructor(log: Logger, linesPerMinute: number = LINES_PER_WINDOW) {
    this.#log = log;
    this.#limit = linesPerMinute;
  }

  /** `bytes` appear as bounded hex, and only at debug and below. */
  write(level: "debug" | "info" | "warn" | "error", now: number, entry: LogEntry): void {
    if (!this.#log.isLevelEnabled(level) || !this.#mayWrite(now)) return;
    const { message, bytes, ...fields } = entry;
    const suppressed = this.#suppressed > 0 ? { suppressed: this.#suppressed } : {};
    this.#suppressed = 0;
    const hex = bytes !== undefined && bytes !== null && this.#log.isLevelEnabled("debug") ? { hex: hexOf(bytes) } : {};
    this.#log[level]({ ...fields, ...hex, ...suppressed }, message);
  }

  #mayWrite(now: number): boolean {
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.#written = 0;
    }
    if (this.#written >= this.#limit) {
      this.#suppressed += 1;
      return false;
    }
    this.#written += 1;
    return true;
  }
}

export interface LogEntry {
  readonly message: string;
  readonly bytes?: Buffer | null;
  readonly [field: string]: unknown;
}

function hexOf(bytes: Buffer): string {
  const shown = bytes.subarray(0, HEX_BYTES).toString("hex");
  return bytes.length > HEX_BYTES ? `${shown}... (${bytes.length} bytes)` : shown;
}
