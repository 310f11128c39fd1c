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
  const said = { text: event.text, serial: event.serial, lossy };
  if (event.answers === undefined) return { ...said, answers: meant(event.text, deliveries) };
  const claimed = deliveries.claimedBy(event.answers);
  if (claimed !== null) return { ...said, answers: { messageId: claimed.id, choice: null } };
  return { ...said, answers: null, late: { tag: event.answers, choice: null } };
}

/** The driver's words answer the open question. */
function meant(words: string, deliveries: Deliveries): AnsweredOrder | null {
  const question = deliveries.openQuestion;
  const choice = question === null ? null : choiceMeant(words, question);
  if (question === null || choice === null) return null;
  deliveries.answered();
  return { messageId: question.messageId, choice };
}

/** Numbers of a question count from 1, as the driver saw them; an unsolicited quick reply has a number of its own. */
function chosen({ tag, choice, serial }: Answer, deliveries: Deliveries): DeviceText {
  if (tag === null) return { text: String(choice), serial, lossy: false, answers: null };
  const claimed = deliveries.claimedBy(tag);
  // Of an earlier line: the store may know it by its tag; if not, it can only be the open one.
  if (claimed === null) return { ...answerTo(deliveries.openQuestion, choice), serial, late: { tag, choice } };
  if (deliveries.openQuestion?.messageId === claimed.id) deliveries.answered();
  return { ...answerTo({ messageId: claimed.id, choices: claimed.choices ?? [] }, choice), serial };
}

function answerTo(question: OpenQuestion | null, choice: number): Pick<DeviceText, "text" | "lossy" | "answers"> {
  const answers = question === null ? null : { messageId: question.messageId, choice };
  return { text: question?.choices[choice] ?? String(choice + 1), lossy: false, answers };
}
