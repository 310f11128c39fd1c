/** What the device says of a text for its display, as events. */
import type { DeviceEvent } from "../../src/core/index.ts";
import type { HalfDuplex } from "./half-duplex.ts";
import { DISPLAY_RESULT, displayWords } from "./messages.ts";
import { hex2 } from "./wire.ts";

/** `~R`, `~F`, `*@DV` or a `Z`: 0 is success. */
export type Result = { readonly type: "code"; readonly code: number } | { readonly type: "unknown-command"; readonly command: string };

export function resultEvent(result: Result, duplex: HalfDuplex): DeviceEvent {
  // The result of a copy that was sent twice.
  if (!duplex.result()) return { type: "alive" };
  if (result.type === "code" && result.code === DISPLAY_RESULT.busy && duplex.wanted)
    return { type: "deferred", tag: null, againMs: duplex.postpone() };
  duplex.settle();
  if (result.type === "unknown-command")
    return { type: "receipt", tag: null, outcome: "rejected", reason: `the device does not know ${result.command}` };
  const { code } = result;
  // Truncated: the driver sees the beginning, and it cannot be taken back.
  if (code === SUCCESS || code === DISPLAY_RESULT.truncated) return { type: "receipt", tag: null, outcome: "accepted" };
  return { type: "receipt", tag: null, outcome: "rejected", reason: `the device answered ${hex2(code)}: ${displayWords(code)}` };
}

export const SUCCESS = 0;
