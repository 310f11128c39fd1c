/** Loading, reading and changing conversations. */
import type { ApiError } from "./api.ts";
import { broadcast, cancel, capabilities, history, LARGEST_PAGE, markAllRead, markRead, PAGE, timeline } from "./calls.ts";
import { failureOf } from "./failure.ts";
import { say } from "./language.ts";
import type { Message, MessageId, TrackerId } from "./model/message.ts";
import { readAfter } from "./model/position.ts";
import { unreadIds } from "./model/select.ts";
import { openTracker } from "./route.ts";
import { apply, broadcasts, deviceCapabilities, model, notice, rowOf, session, shownTimeline } from "./state.ts";

/** Trackers whose messages are on their way. */
const loading = new Set<TrackerId>();
const marking = new Set<MessageId>();

/** While the conversation that failed to load stays open. */
const RETRY_MS = 3_000;

/** Opens a conversation: its newest messages, unless they are here. */
export async function loadNewest(trackerId: TrackerId): Promise<void> {
  if (!model.value.trackers.has(trackerId)) return;
  apply([{ type: "open", trackerId }]);
  if (isLoaded(trackerId)) return;
  const isSettled = await loadPage(trackerId, null);
  if (isSettled || isLoaded(trackerId)) return;
  setTimeout(() => void (openTracker() === trackerId && loadNewest(trackerId)), RETRY_MS);
}

function isLoaded(trackerId: TrackerId): boolean {
  return model.value.conversations.get(trackerId)?.loaded === true;
}

/** One page of what is older than what is here. */
export async function loadOlder(trackerId: TrackerId): Promise<void> {
  const conversation = model.value.conversations.get(trackerId);
  if (conversation === undefined || !conversation.loaded || conversation.complete) return;
  await loadPage(trackerId, conversation.messages[0] ?? null);
}

/** False: it may be here if it is tried again. */
async function loadPage(trackerId: TrackerId, oldest: Message | null): Promise<boolean> {
  const hash = session.value?.hash;
  if (hash === undefined || loading.has(trackerId)) return false;
  loading.add(trackerId);
  try {
    // Pages meet in a second that both have; a second with more messages than a page needs a larger one.
    for (const limit of [PAGE, LARGEST_PAGE]) {
      const messages = await history(hash, { trackerId, to: oldest?.submittedAt ?? null, limit, known: model.value.cursor });
      const isNew = messages[0]?.id !== oldest?.id;
      const complete = messages.length < limit || (!isNew && limit === LARGEST_PAGE);
      apply([{ type: "page", trackerId, messages, complete }]);
      if (isNew || complete) return true;
    }
    return true;
  } catch (error) {
    return !tell(error).isPassing;
  } finally {
    loading.delete(trackerId);
  }
}

/** Marks what is shown as read: exactly the texts that are here. */
export async function readShown(trackerId: TrackerId): Promise<void> {
  const hash = session.value?.hash;
  const messages = model.value.conversations.get(trackerId)?.messages ?? [];
  const ids = unreadIds(messages, rowOf(trackerId)).filter((id) => !marking.has(id));
  if (hash === undefined || ids.length === 0) return;
  for (const id of ids) marking.add(id);
  const at = readAfter(model.value.cursor);
  try {
    await markRead(hash, ids);
    apply([{ type: "marked-read", trackerId, ids, at }]);
  } catch (error) {
    failureOf(error);
  } finally {
    for (const id of ids) marking.delete(id);
  }
}

/** Everything of a tracker, or of the account, whether it was shown or not. */
export async function readAll(trackers: readonly TrackerId[] | null): Promise<void> {
  await withSession((hash) => markAllRead(hash, trackers));
}

export async function withdraw({ id }: Message): Promise<void> {
  await withSession((hash) => cancel(hash, id));
}

/** Gives the key of the broadcast; null: it failed, and the person was told. */
export async function sendToAll(key: string, trackers: readonly TrackerId[], text: string): Promise<boolean> {
  const at = readAfter(model.value.cursor);
  const result = await withSession((hash) => broadcast(hash, trackers, { key, text, choices: [] }));
  if (result === null) return false;
  const recipients = trackers.map((trackerId) => ({ trackerId, messageId: result.messages.get(trackerId) ?? null }));
  apply([{ type: "follow", ids: [...result.messages.values()], at }]);
  broadcasts.value = [{ key, text, sentAt: Date.now(), recipients }, ...broadcasts.value.filter((known) => known.key !== key)];
  return true;
}

/** Shows the life of a message beside its conversation. */
export async function showTimeline(message: Message): Promise<void> {
  shownTimeline.value = { message, entries: shownTimeline.value?.message.id === message.id ? shownTimeline.value.entries : null };
  const entries = await withSession((hash) => timeline(hash, message.id));
  if (shownTimeline.value?.message.id === message.id) shownTimeline.value = { message, entries: entries ?? "failed" };
}

/** How this text would go out to this device; what is asked for is remembered for its tracker. */
export async function askCapabilities(trackerId: TrackerId, text: string): Promise<void> {
  const hash = session.value?.hash;
  if (hash === undefined) return;
  try {
    const known = await capabilities(hash, trackerId, text);
    deviceCapabilities.value = new Map(deviceCapabilities.value).set(trackerId, known);
  } catch (error) {
    // The composer works without; sending says what is wrong.
    failureOf(error);
  }
}

async function withSession<T>(act: (hash: string) => Promise<T>): Promise<T | null> {
  const hash = session.value?.hash;
  if (hash === undefined) return null;
  try {
    return await act(hash);
  } catch (error) {
    tell(error);
    return null;
  }
}

function tell(error: unknown): ApiError {
  const failure = failureOf(error);
  if (!failure.isSignedOut) notice.value = say("failed", { reason: failureWords(failure.code) });
  return failure;
}

/** Why a call failed, for a person. */
export function failureWords(code: number): string {
  switch (code) {
    case 0:
      return say("code.0");
    case 8:
    case 14:
      return say("code.14");
    case 13:
      return say("code.13");
    case 15:
      return say("code.15");
    case 201:
      return say("code.201");
    case 208:
      return say("code.208");
    case 214:
      return say("code.214");
    case 217:
      return say("code.217");
    case 236:
      return say("code.236");
    default:
      return say("code.other", { code });
  }
}
