/** From a claimed text to a flight with its parts on the wire; a failing encoder ends the text, never the line. */
import type { Claims } from "./claims.ts";
import { type Flight, newFlight } from "./flight.ts";
import type { Codec, Encoded } from "./protocol.ts";
import type { ClaimedText, Effect } from "./session-io.ts";

/** Null: the text can never be sent, and was settled as rejected. */
export function launch(codec: Codec, claimed: ClaimedText, claims: Claims, out: Effect[]): Flight | null {
  const encoded = encode(codec, claimed, out);
  if (encoded.type === "refused") {
    claims.settle({ type: "rejected", id: claimed.id, reason: encoded.reason });
    return null;
  }
  if (encoded.altered && claimed.attempt === 1) claims.settle({ type: "altered", id: claimed.id });
  return newFlight(claimed, encoded.parts);
}

function encode(codec: Codec, claimed: ClaimedText, out: Effect[]): Encoded {
  const { text, urgent, tag, choices } = claimed;
  try {
    return codec.encode(choices === null ? { type: "text", text, urgent, tag } : { type: "question", text, urgent, tag, choices });
  } catch (error) {
    out.push({ type: "note", kind: "defect", reason: `encoder failed: ${String(error)}`, bytes: null });
    return { type: "refused", reason: "the encoder failed" };
  }
}
