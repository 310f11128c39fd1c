/** Writes one live line down as a transcript, from its first byte to its end. */

import type { ClaimedText, DeviceText, Direction, UnitLabel } from "../../core/index.ts";
import {
  COVERED,
  type Identity,
  type NewStep,
  type Protocol,
  type Settlement,
  saidLine,
  transcriptHead,
  transcriptLine,
} from "../../core/index.ts";
import type { LineTap } from "../../gateway/line-tap.ts";
import type { EndReason } from "../../gateway/registry.ts";
import type { CaptureFile } from "./capture-folder.ts";
import { Cover, coveredProfile } from "./cover.ts";

/** Before the login, until it is known whose conversation this is; what comes beyond is left out. */
const EARLY_BYTES = 64 * 1024;
/** Shorter pauses are not worth a line. */
const PAUSE_MS = 1_000;
/** What a line does is seen here a little later than by its own clock: what took a second there may seem to take less. */
const SEEN_LATE_MS = 10;

export interface RecorderOptions {
  /** The file for a device of this protocol, whose names are as the device says them. */
  open(protocol: string, deviceId: string): CaptureFile;
  /** Leaves credentials out. */
  readonly redact: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

type Early = { readonly direction: Direction; readonly bytes: Buffer; readonly at: number };

export class LineRecorder implements LineTap {
  readonly #options: RecorderOptions;
  #early: Early[] = [];
  #earlyBytes = 0;
  #file: CaptureFile | null = null;
  #covers: { readonly up: Cover; readonly down: Cover } | null = null;
  #lastAt: number | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  up(bytes: Buffer): void {
    this.#said("up", bytes);
  }

  down(bytes: Buffer): void {
    this.#said("down", bytes);
  }

  loggedIn(identity: Identity, protocol: Protocol): void {
    if (this.#file === null) this.#begin(protocol, identity);
  }

  stored(texts: readonly DeviceText[], unit: UnitLabel): void {
    for (const { text } of texts) this.#step({ type: "text", unit: unit ?? null, text, answers: null });
  }

  claimed(texts: readonly ClaimedText[], unit: UnitLabel): void {
    for (const { text, urgent, choices, attempt } of texts)
      if (attempt === 1) this.#step({ type: "send", unit: unit ?? null, text, urgent, choices });
  }

  settled(settlements: readonly Settlement[], unit: UnitLabel): void {
    for (const settlement of settlements) {
      const { type } = settlement;
      const whose = { type: "settled", unit: unit ?? null, outcome: type } as const;
      if (type === "delivered" || type === "unconfirmed") this.#step({ ...whose, reason: null });
      else if (type === "rejected") this.#step({ ...whose, reason: settlement.reason });
    }
  }

  closed(reason: EndReason, protocol: Protocol | null): void {
    // Where credentials are in bytes of no known protocol nobody can tell.
    const tellable = protocol !== null || !this.#options.redact;
    if (this.#file === null && this.#early.length > 0 && tellable) this.#begin(protocol, null);
    // A device that just goes is no act of the gateway.
    if (reason !== "peer-closed") this.#step({ type: "closed", reason });
  }

  #begin(protocol: Protocol | null, identity: Identity | null): void {
    const deviceId = identity?.deviceId ?? "";
    const name = protocol?.name ?? "unknown";
    this.#file = this.#options.open(name, deviceId);
    const covered = this.#options.redact && protocol !== null;
    if (covered) this.#covers = { up: new Cover(protocol, "up", identity), down: new Cover(protocol, "down", identity) };
    const profile = covered ? coveredProfile(protocol, identity?.profile ?? {}) : (identity?.profile ?? {});
    const secret = identity?.secret ?? null;
    const password = secret !== null && covered ? COVERED : secret;
    const title = `${name} ${deviceId || "without a login"}`;
    this.#file.write(transcriptHead({ title, protocol: name, deviceId, profile, password, units: [] }));
    const early = this.#early;
    this.#early = [];
    for (const { direction, bytes, at } of early) this.#write(direction, bytes, at);
  }

  #said(direction: Direction, bytes: Buffer): void {
    const at = this.#options.now();
    if (this.#file !== null) return this.#write(direction, bytes, at);
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes <= EARLY_BYTES) this.#early.push({ direction, bytes: Buffer.from(bytes), at });
  }

  #write(direction: Direction, bytes: Buffer, at: number): void {
    const kept = this.#covers?.[direction].hear(bytes) ?? bytes;
    if (kept.length === 0) return;
    this.#pause(at);
    this.#file?.write(saidLine(direction, kept));
  }

  #step(step: NewStep): void {
    if (this.#file === null) return;
    this.#pause(this.#options.now());
    this.#file.write(transcriptLine(step));
  }

  #pause(at: number): void {
    const pause = Math.floor(at - (this.#lastAt ?? at) + SEEN_LATE_MS);
    this.#lastAt = at;
    if (pause >= PAUSE_MS) this.#file?.write(transcriptLine({ type: "wait", ms: pause - (pause % PAUSE_MS) }));
  }
}
