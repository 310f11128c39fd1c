/** The folder of a capture: bounded in bytes, written in the background, never waited for. */
import { mkdirSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";

/** Of one conversation; what follows is left out. */
const FILE_BYTES = 1024 * 1024;
/** Of all conversations of one run of the process. */
const FOLDER_BYTES = 1024 * 1024 * 1024;
/** Waiting to be written; what comes beyond is left out. */
const WAITING_BYTES = 16 * 1024 * 1024;
const FLUSH_MS = 500;

export interface CaptureWarning {
  readonly type: "full" | "unwritable";
  readonly error?: unknown;
}

export class CaptureFolder {
  readonly #folder: string;
  readonly #warn: (warning: CaptureWarning) => void;
  readonly #waiting = new Map<string, string[]>();
  #waitingBytes = 0;
  #written = 0;
  #warned = false;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  /** Makes the folder, for its owner alone: it will hold what people wrote. Throws when that cannot be done. */
  constructor(folder: string, warn: (warning: CaptureWarning) => void) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#warn = warn;
  }

  open(name: string): CaptureFile {
    return new CaptureFile((text) => this.#add(name, text));
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = [...this.#waiting];
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#flushing = this.#flushing.then(() => this.#writeAll(batch));
    await this.#flushing;
  }

  #add(name: string, text: string): void {
    if (this.#written + text.length > FOLDER_BYTES || this.#waitingBytes + text.length > WAITING_BYTES)
      return this.#warnOnce({ type: "full" });
    this.#written += text.length;
    this.#waitingBytes += text.length;
    const lines = this.#waiting.get(name);
    if (lines === undefined) this.#waiting.set(name, [text]);
    else lines.push(text);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  async #writeAll(batch: readonly (readonly [string, readonly string[]])[]): Promise<void> {
    for (const [name, lines] of batch) {
      try {
        await appendFile(join(this.#folder, name), lines.join(""), { mode: 0o600 });
      } catch (error) {
        this.#warnOnce({ type: "unwritable", error });
      }
    }
  }

  #warnOnce(warning: CaptureWarning): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#warn(warning);
  }
}

/** One conversation's file; what would make it too long is left out, which it says. */
export class CaptureFile {
  readonly #add: (text: string) => void;
  #bytes = 0;

  constructor(add: (text: string) => void) {
    this.#add = add;
  }

  write(text: string): void {
    if (this.#bytes > FILE_BYTES) return;
    this.#bytes += text.length;
    this.#add(this.#bytes > FILE_BYTES ? `# the rest is left out: a file has at most ${FILE_BYTES} bytes\n` : text);
  }
}
