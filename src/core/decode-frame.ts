/** Decodes one frame; a failing decoder spoils the frame, never the line. */
import type { Codec, DeviceEvent, Reading } from "./protocol.ts";
import type { Effect } from "./session-io.ts";

export function decodeFrame(codec: Codec, bytes: Buffer, out: Effect[]): Reading {
  try {
    return codec.decode(bytes);
  } catch (error) {
    noteDefect(error, bytes, out);
    return { events: [{ type: "bad", reason: "the decoder failed" }] };
  }
}

/** What the units of a frame said, all of them known by now; null: the decoder failed. */
export function hearFrame({ hear, events }: Reading, bytes: Buffer, out: Effect[]): readonly DeviceEvent[] | null {
  try {
    return hear?.() ?? events;
  } catch (error) {
    noteDefect(error, bytes, out);
    return null;
  }
}

function noteDefect(error: unknown, bytes: Buffer, out: Effect[]): void {
  out.push({ type: "note", kind: "defect", reason: `decoder failed: ${String(error)}`, bytes: Buffer.from(bytes) });
}
