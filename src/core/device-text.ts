/** What a driver said, from a decoded event: with the order it answers, as far as this line knows it. */
import type { Deliveries } from "./deliveries.ts";
import type { DeviceEvent } from "./protocol.ts";
import type { DeviceText, Effect } from "./session-io.ts";

export function deviceText(event: Extract<DeviceEvent, { type: "text" | "answer" }>, deliveries: Deliveries, out: Effect[]): DeviceText {
  if (event.type === "text") {
    const lossy = event.lossy ?? false;
    if (lossy) out.push({ type: "note", kind: "lossy-text", reason: "bytes of a text did not decode", bytes: null });
    const claimed = event.answers === undefined ? null : deliveries.claimedBy(event.answers);
    return { text: event.text, serial: event.serial, lossy, answers: claimed === null ? null : { messageId: claimed.id, choice: null } };
  }
  const claimed = event.tag === null ? null : deliveries.claimedBy(event.tag);
  // Numbers of a question count from 1, as the driver saw them; an unsolicited quick reply has a number of its own.
  const words = claimed?.choices?.[event.choice] ?? String(event.tag === null ? event.choice : event.choice + 1);
  return {
    text: words,
    serial: event.serial,
    lossy: false,
    answers: claimed === null ? null : { messageId: claimed.id, choice: event.choice },
  };
}
