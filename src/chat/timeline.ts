/** The life of one message, step by step: why it was delivered, or why not. */
import type { Instant, MessageState } from "./message.ts";

export type TimelineEntry =
  | {
      readonly type: "state";
      readonly at: Instant;
      readonly state: MessageState;
      /** The node whose line brought it about; null: no line did. */
      readonly node: string | null;
      /** Which delivery it belongs to, from 1; null: none. */
      readonly attempt: number | null;
      readonly reason: string | null;
    }
  /** A frame that carried the text to the device, or its receipt back; at most the first 256 bytes. */
  | { readonly type: "frame"; readonly at: Instant; readonly direction: "down" | "up"; readonly bytes: Buffer };

export type StateEntry = Extract<TimelineEntry, { type: "state" }>;

/** A timeline is kept this long after its last entry, of a pending text as long after its time to live. */
export const TIMELINE_MS = 7 * 24 * 60 * 60 * 1_000;
