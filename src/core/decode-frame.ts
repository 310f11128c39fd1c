/** Decodes one frame; a failing decoder spoils the frame, never the line. */
import type { Codec, Reading } from "./protocol.ts";
import type { Effect } from "./session-io.ts";

export function decodeFrame(codec: Codec, bytes: Buffer, out: Effect[]): Reading {
  try {
    return codec.decode(bytes);
  } catch (error) {
    out.push({ type: "note", kind: "defect", reason: `decoder failed: ${String(error)}`, bytes: Buffer.from(bytes) });
    return { events: [{ type: "bad", reason: "the decoder failed" }] };
  }
}
