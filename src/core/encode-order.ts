/** From a claimed text to the parts on the wire; a failing encoder ends the text, never the line. */
import type { Codec, Encoded } from "./protocol.ts";
import type { ClaimedText, Effect } from "./session-io.ts";

export function encodeOrder(codec: Codec, claimed: ClaimedText, out: Effect[]): Encoded {
  const { text, urgent, tag, choices } = claimed;
  try {
    return codec.encode(choices === null ? { type: "text", text, urgent, tag } : { type: "question", text, urgent, tag, choices });
  } catch (error) {
    out.push({ type: "note", kind: "defect", reason: `encoder failed: ${String(error)}`, bytes: null });
    return { type: "refused", reason: "the encoder failed" };
  }
}
