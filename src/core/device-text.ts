/** What a driver said, from a decoded event: with the order it answers, as far as this line knows it. */
import type { Deliveries } from "./deliveries.ts";
import type { DeviceEvent } from "./protocol.ts";
import { choiceMeant } from "./question.ts";
import type { AnsweredOrder, DeviceText, Effect, OpenQuestion } from "./session-io.ts";

type Text = Extract<DeviceEvent, { type: "text" }>;
type Answer = Extract<DeviceEvent, { type: "answer" }>;

export function deviceText(event: Text | Answer, deliveries: Deliveries, out: Effect[]): DeviceText {
  if (event.type === "answer") return chosen(event, deliveries);
  const lossy = event.lossy ?? false;
  if (lossy) out.push({ type: "note", kind: "lossy-text", reason: "bytes of a text did not decode", bytes: null });
  return { text: event.text, serial: event.serial, lossy, answers: named(event, deliveries) ?? meant(event.text, deliveries) };
}

/** The protocol says which order the text answers. */
function named(event: Text, deliveries: Deliveries): AnsweredOrder | null {
  const claimed = event.answers === undefined ? null : deliveries.claimedBy(event.answers);
  return claimed === null ? null : { messageId: claimed.id, choice: null };
}

/** The driver's words answer the open question. */
function meant(words: string, deliveries: Deliveries): AnsweredOrder | null {
  const question = deliveries.openQuestion;
  const choice = question === null ? null : choiceMeant(words, question);
  if (question === null || choice === null) return null;
  deliveries.answered();
  return { messageId: question.messageId, choice };
}

function chosen(event: Answer, deliveries: Deliveries): DeviceText {
  const question = event.tag === null ? null : questionOf(event.tag, deliveries);
  // Numbers of a question count from 1, as the driver saw them; an unsolicited quick reply has a number of its own.
  const words = question?.choices[event.choice] ?? String(event.tag === null ? event.choice : event.choice + 1);
  const answers = question === null ? null : { messageId: question.messageId, choice: event.choice };
  if (question !== null) deliveries.answered();
  return { text: words, serial: event.serial, lossy: false, answers };
}

/** By its tag; one that went out over an earlier line can only be the open one. */
function questionOf(tag: string, deliveries: Deliveries): OpenQuestion | null {
  const claimed = deliveries.claimedBy(tag);
  return claimed === null ? deliveries.openQuestion : { messageId: claimed.id, choices: claimed.choices ?? [] };
}
