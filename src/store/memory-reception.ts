/** How the reference store takes a device's texts: re-sends are recognised, answers reach the message they answer. */
import type { Instant, Message, MessageId } from "../chat/message.ts";
import { REMEMBERED_MS, REMEMBERED_TEXTS, RESEND_MS, type Received, type Reception } from "../chat/ports.ts";
import type { DeviceText } from "../core/session-io.ts";
import { arrived } from "./memory-settle.ts";
import { stamp, store, type TrackerState, tellUnread, visible } from "./memory-tracker.ts";

/** Stores what is new; `nextId` is asked once for each stored text, in order. */
export function receive(tracker: TrackerState, reception: Reception, now: Instant, nextId: () => MessageId): Received {
  if (reception.texts.length === 0) return { ids: [], duplicates: 0 };
  // What an unnumbered text of an older line repeats, or what repeats it, comes over the newer one.
  if (reception.epoch < tracker.epoch && reception.texts.some((text) => text.serial === null))
    return { ids: [], duplicates: 0, stale: true };
  passed(tracker, reception.passed ?? null);
  const at = stamp(tracker, now);
  const ids: MessageId[] = [];
  let duplicates = 0;
  for (const text of reception.texts) {
    const known = text.serial === null ? resent(tracker, reception, text, at) : bySerial(tracker, text, text.serial, at);
    if (known !== null) duplicates += 1;
    ids.push(known ?? add(tracker, reception, text, { id: nextId(), at }));
  }
  if (duplicates < reception.texts.length) tellUnread(tracker, now);
  return { ids, duplicates };
}

/** The device moved on from this text; another one is none of its business. */
export function passed(tracker: TrackerState, id: MessageId | null): void {
  if (tracker.lastText?.id === id) tracker.lastText = { ...tracker.lastText, passed: true };
}

function bySerial(tracker: TrackerState, text: DeviceText, serial: string, at: Instant): MessageId | null {
  const key = keyOf(text, serial);
  const known = tracker.remembered.find((remembered) => remembered.key === key && at - remembered.at < REMEMBERED_MS);
  return known?.id ?? null;
}

/** Without a serial only the previous line's last text can come again, and only before that line's device moved on. */
function resent(tracker: TrackerState, reception: Reception, text: DeviceText, at: Instant): MessageId | null {
  const last = tracker.lastText;
  if (last === null || !reception.early || last.passed) return null;
  if (last.epoch >= reception.epoch || last.text !== text.text || at - last.at > RESEND_MS) return null;
  tracker.lastText = { ...last, epoch: reception.epoch, at };
  return last.id;
}

function add(tracker: TrackerState, reception: Reception, text: DeviceText, place: { id: MessageId; at: Instant }): MessageId {
  const { id, at } = place;
  const answered = text.answers === null ? undefined : visible(tracker, text.answers.messageId);
  const answers = answered?.direction === "OUTGOING" ? answered : null;
  const node = reception.epoch === tracker.epoch ? tracker.node : null;
  if (answers !== null) arrived(tracker, answers, { state: "answered", receipt: "device" }, { now: at, node });
  store(tracker, incoming(reception, text, { id, at, answers: answers?.id ?? null }), at);
  if (text.serial === null) tracker.lastText = { text: text.text, id, at, epoch: reception.epoch, passed: false };
  else tracker.remembered = [...tracker.remembered, { key: keyOf(text, text.serial), at, id }].slice(-REMEMBERED_TEXTS);
  return id;
}

function incoming(
  reception: Reception,
  text: DeviceText,
  place: { readonly id: MessageId; readonly at: Instant; readonly answers: MessageId | null },
): Message {
  return {
    id: place.id,
    trackerId: reception.trackerId,
    direction: "INCOMING",
    state: "unread",
    text: text.text,
    submittedAt: place.at,
    updatedAt: null,
    employeeId: reception.employeeId,
    altered: text.lossy,
    receipt: null,
    reason: null,
    answers: place.answers,
  };
}

function keyOf(text: DeviceText, serial: string): string {
  return `${serial}\u0000${text.text}`;
}
