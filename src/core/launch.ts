/** From a claimed text to a flight with its parts on the wire; a failing encoder ends the text, never the line. */
import type { Claims } from "./claims.ts";
import { type Flight, newFlight } from "./flight.ts";
import type { Capabilities, Encoded, Order, UnitSpeech } from "./protocol.ts";
import { numberedText } from "./question.ts";
import type { ClaimedText, Effect } from "./session-io.ts";

interface Speech {
  readonly codec: UnitSpeech;
  readonly capabilities: Capabilities;
}

/** Null: the text can never be sent, and was settled as rejected. */
export function launch(speech: Speech, claimed: ClaimedText, claims: Claims, out: Effect[]): Flight | null {
  const encoded = encode(speech, claimed, out);
  if (encoded.type === "refused") {
    claims.settle({ type: "rejected", id: claimed.id, reason: encoded.reason });
    return null;
  }
  if (encoded.altered && claimed.attempt === 1) claims.settle({ type: "altered", id: claimed.id });
  return newFlight(claimed, encoded.parts);
}

function encode(speech: Speech, claimed: ClaimedText, out: Effect[]): Encoded {
  try {
    return speech.codec.encode(orderOf(speech, claimed));
  } catch (error) {
    out.push({ type: "note", kind: "defect", reason: `encoder failed: ${String(error)}`, bytes: null });
    return { type: "refused", reason: "the encoder failed" };
  }
}

function orderOf({ capabilities }: Speech, { text, urgent, tag, choices }: ClaimedText): Order {
  if (choices === null) return { type: "text", text, urgent, tag };
  if (capabilities.choices) return { type: "question", text, urgent, tag, choices };
  return { type: "text", text: numberedText(text, choices), urgent, tag };
}
