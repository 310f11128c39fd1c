/** Who owns a tracker in the reference store: lines that come and go, and its account. */
import type { Instant } from "../chat/message.ts";
import { type LoggedIn, type Login, QUESTION_MS } from "../chat/ports.ts";
import type { OpenQuestion } from "../core/session-io.ts";
import { nextEpoch } from "./limits.ts";
import { ownerOf, type TrackerState, tellPresence, visible } from "./memory-tracker.ts";

/** Takes the next owner epoch for a new line. */
export function logIn(tracker: TrackerState, login: Login, now: Instant): LoggedIn {
  const previous = ownerOf(tracker);
  tracker.epoch = nextEpoch(tracker.epoch, now);
  tracker.node = login.node;
  tracker.protocol = login.protocol;
  tellPresence(tracker, true, now);
  const { proven, closings, closedAt } = tracker;
  const sinceClosingMs = closedAt === null ? null : Math.max(0, now - closedAt);
  const question = openQuestion(tracker, now);
  const standing = { proven, closings, sinceClosingMs, ...(question === null ? {} : { question }) };
  return { epoch: tracker.epoch, standing, previous };
}

/** The line of this epoch has ended. */
export function logOut(tracker: TrackerState, epoch: number, now: Instant): void {
  if (tracker.epoch !== epoch || tracker.node === null) return;
  tracker.node = null;
  if (tracker.givenUpEpoch !== epoch) tellPresence(tracker, false, now);
}

/** Hides every message so far, empties outbox and unread. */
export function disown(tracker: TrackerState): void {
  for (const id of tracker.messages.keys()) tracker.floor = id;
  tracker.lastMessageAt = null;
  tracker.question = null;
  for (const collection of [tracker.unread, tracker.outbox, tracker.waiting, tracker.dead, tracker.repeats]) collection.clear();
  for (const list of [tracker.urgent, tracker.normal, tracker.events]) list.length = 0;
}

/** The question that a driver's words may answer now. */
function openQuestion(tracker: TrackerState, now: Instant): OpenQuestion | null {
  const { question } = tracker;
  const message = question === null ? undefined : visible(tracker, question.id);
  if (question === null || message === undefined || now - question.at >= QUESTION_MS) return null;
  return { messageId: question.id, choices: message.choices ?? [] };
}
