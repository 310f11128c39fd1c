/** Texts on their way to the server: one after another for each tracker, tried again under the same key until the server has an opinion. */
import { effect } from "@preact/signals";
import { send } from "./calls.ts";
import { failureOf } from "./failure.ts";
import { freshKey } from "./keys.ts";
import type { TrackerId } from "./model/message.ts";
import { findMessage } from "./model/select.ts";
import { revived, type UnsentState, type UnsentText, waitingTexts } from "./model/unsent.ts";
import { connection, model, session, unsent } from "./state.ts";
import { keep, recall } from "./storage.ts";

/** While the stream lives but a call failed. */
const RETRY_MS = 3_000;
/** Trackers whose texts are being sent right now. */
const busy = new Set<TrackerId>();

export function sendText(trackerId: TrackerId, text: string, choices: readonly string[]): void {
  const fresh: UnsentText = { key: freshKey(), trackerId, text, choices, writtenAt: Date.now(), state: { type: "waiting" } };
  unsent.value = [...unsent.value, fresh];
  void pump(trackerId);
}

export function retryText({ key, trackerId }: UnsentText): void {
  setState(key, { type: "waiting" });
  void pump(trackerId);
}

export function discardText({ key }: UnsentText): void {
  unsent.value = unsent.value.filter((text) => text.key !== key);
}

/** Tries again whatever waits. */
export function sendWaiting(): void {
  for (const { trackerId } of waitingTexts(unsent.value, Date.now())) void pump(trackerId);
}

/** Keeps texts over a reload of the page, and drops those whose message has come. Gives what ends it. */
export function followSending(userId: number): () => void {
  const place = `unsent:${userId}`;
  unsent.value = revived(recall("tab", place));
  const stopKeeping = effect(() => keep("tab", place, unsent.value.length === 0 ? null : unsent.value));
  const stopAsking = effect(() => {
    if (unsent.value.some(({ state }) => state.type !== "sent")) addEventListener("beforeunload", askToStay);
    else removeEventListener("beforeunload", askToStay);
  });
  const stopDropping = effect(() => {
    const left = unsent.value.filter(({ state }) => state.type !== "sent" || findMessage(model.value, state.id) === null);
    if (left.length !== unsent.value.length) unsent.value = left;
  });
  return () => {
    stopKeeping();
    stopDropping();
    stopAsking();
    removeEventListener("beforeunload", askToStay);
    unsent.value = [];
  };
}

/** What waits is kept with this tab alone, and goes with it. */
function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

async function pump(trackerId: TrackerId): Promise<void> {
  if (busy.has(trackerId)) return;
  busy.add(trackerId);
  try {
    while (await sendNext(trackerId));
  } finally {
    busy.delete(trackerId);
  }
}

/** False: nothing is left that could be sent now. */
async function sendNext(trackerId: TrackerId): Promise<boolean> {
  const hash = session.value?.hash;
  const next = waitingTexts(unsent.value, Date.now()).find((text) => text.trackerId === trackerId);
  if (hash === undefined || next === undefined) return false;
  setState(next.key, { type: "sending" });
  try {
    setState(next.key, { type: "sent", id: await send(hash, trackerId, next) });
    return true;
  } catch (error) {
    return wasRefused(next, error);
  }
}

/** True: for good, so that the next text may go. */
function wasRefused({ key, trackerId }: UnsentText, error: unknown): boolean {
  const { code, isPassing, isSignedOut, retryMs } = failureOf(error);
  if (!isPassing && !isSignedOut) {
    setState(key, { type: "refused", code });
    return true;
  }
  setState(key, { type: "waiting" });
  if (isPassing && connection.value.type === "live") setTimeout(() => void pump(trackerId), retryMs ?? RETRY_MS);
  return false;
}

function setState(key: string, state: UnsentState): void {
  unsent.value = unsent.value.map((text) => (text.key === key ? { ...text, state } : text));
}
