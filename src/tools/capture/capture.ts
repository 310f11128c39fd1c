/** Records every line of a gateway as a transcript of its own. */
import type { LineTap } from "../../gateway/line-tap.ts";
import { CaptureFolder, type CaptureWarning } from "./capture-folder.ts";
import { LineRecorder } from "./line-recorder.ts";

export interface CaptureOptions {
  readonly folder: string;
  readonly redact: boolean;
  readonly warn: (warning: CaptureWarning) => void;
}

/** Names stay readable, and inside their folder, whatever a device calls itself. */
const ID_CHARACTERS = 40;

export class Capture {
  readonly #options: CaptureOptions;
  readonly #folder: CaptureFolder;
  #count = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#folder = new CaptureFolder(options.folder, options.warn);
  }

  /** A recorder for a new line. */
  readonly tap = (): LineTap =>
    new LineRecorder({
      redact: this.#options.redact,
      now: () => performance.now(),
      open: (protocol, id) => this.#folder.open(this.name(protocol, id)),
    });

  /** `20261122-101500-jt808-13912345678-7.transcript` */
  name(protocol: string, deviceId: string): string {
    this.#count += 1;
    const time = new Date().toISOString().replaceAll(/[-:]/gu, "").replace("T", "-").slice(0, 15);
    const id = deviceId.replaceAll(/[^\w.-]/gu, "_").slice(0, ID_CHARACTERS);
    return `${[time, protocol, ...(id === "" ? [] : [id]), this.#count].join("-")}.transcript`;
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    await this.#folder.flush();
  }
}
