/** Listening to lines: what is recorded of them, and by whom, is none of the gateway's business. */
import type { ClaimedText, DeviceText, Identity, Protocol, Settlement, UnitLabel } from "../core/index.ts";
import type { EndReason } from "./registry.ts";

/** Hears what passes over one line; `unit` names one of several on it. Never throws, never waits, and copies what it keeps. */
export interface LineTap {
  up(bytes: Buffer): void;
  down(bytes: Buffer): void;
  loggedIn(identity: Identity, protocol: Protocol): void;
  /** The driver's texts of the last frame are stored; their acknowledgement follows. */
  stored(texts: readonly DeviceText[], unit: UnitLabel): void;
  /** These texts of the outbox are the line's now; they go out next. */
  claimed(texts: readonly ClaimedText[], unit: UnitLabel): void;
  settled(settlements: readonly Settlement[], unit: UnitLabel): void;
  /** `protocol`: null when the first bytes told none. */
  closed(reason: EndReason, protocol: Protocol | null): void;
}
