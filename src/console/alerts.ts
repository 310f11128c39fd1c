/** What calls a dispatcher who looks elsewhere: words for screen readers, a sound and a notification by choice, a number in the title. */
import { effect } from "@preact/signals";
import { announce } from "./announce.ts";
import { say } from "./language.ts";
import type { Message, MessageId } from "./model/message.ts";
import { findMessage } from "./model/select.ts";
import { prefs } from "./prefs.ts";
import { go, openTracker } from "./route.ts";
import { model, unread } from "./state.ts";

/** Of a notification's text; the rest is on the page. */
const SHOWN_CHARACTERS = 200;
/** A burst of texts makes one sound. */
const QUIET_MS = 1_000;
/** Another tab has this long to say that it shows the text. */
const ELSEWHERE_MS = 300;

/** Of texts that nobody was called for yet. */
const calling = new Map<MessageId, ReturnType<typeof setTimeout>>();
let soundedAt = 0;
let audio: AudioContext | null = null;

/** `calls`: this tab is the one that calls a dispatcher who looks elsewhere. */
export function alertIncoming(message: Message, calls: boolean): void {
  const label = model.value.trackers.get(message.trackerId)?.label ?? String(message.trackerId);
  announce(say("announce.incoming", { tracker: label, text: message.text }));
  if (!calls) return;
  const call = (): void => {
    calling.delete(message.id);
    if (isLookedAt(message)) return;
    if (prefs.value.sound) tryTo(sound);
    if (prefs.value.notifications) tryTo(() => notify(label, message));
  };
  calling.set(message.id, setTimeout(call, ELSEWHERE_MS));
}

/** Another tab shows these texts to the dispatcher. */
export function callForNone(ids: readonly MessageId[]): void {
  for (const id of ids) {
    clearTimeout(calling.get(id));
    calling.delete(id);
  }
}

/** A text of the conversation that is open reached its device. */
export function announceDelivered(id: MessageId): void {
  const message = findMessage(model.value, id);
  const label = message === null ? undefined : model.value.trackers.get(message.trackerId)?.label;
  if (message !== null && label !== undefined) announce(say("announce.delivered", { tracker: label, text: message.text }));
}

/** The page is in front, and this conversation is open. */
export function isLookedAt({ trackerId }: Pick<Message, "trackerId">): boolean {
  return openTracker() === trackerId && document.visibilityState === "visible" && document.hasFocus();
}

/** Asks the browser; false: it does not allow notifications. */
export async function allowNotifications(): Promise<boolean> {
  return "Notification" in window && (await Notification.requestPermission()) === "granted";
}

/** Two short notes, made here: nothing is fetched. Also tried out from the settings, which lets browsers allow it. */
export function sound(): void {
  const now = Date.now();
  if (now - soundedAt < QUIET_MS) return;
  soundedAt = now;
  audio ??= new AudioContext();
  void audio.resume().catch(() => undefined);
  for (const [index, frequency] of [660, 880].entries()) note(audio, frequency, audio.currentTime + index * 0.12);
}

/** The title and the icon tell how much is unread; once, at the start. */
export function followUnread(icon: HTMLLinkElement | null): void {
  effect(() => {
    const count = unread.value;
    document.title = count === 0 ? "tracker-chat" : `(${count}) tracker-chat`;
    if (icon !== null) icon.href = count === 0 ? "icon.svg" : "icon-unread.svg";
  });
}

/** A browser may have no sound, or refuse a page's notifications when they are made (Chrome on Android): nothing else may suffer from it. */
function tryTo(alert: () => void): void {
  try {
    alert();
  } catch {
    // The text itself is on the page.
  }
}

function note(context: AudioContext, frequency: number, at: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.15, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.25);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.26);
}

function notify(label: string, { trackerId, text }: Message): void {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(label, { body: text.slice(0, SHOWN_CHARACTERS), tag: `tracker-${trackerId}`, icon: "icon.svg" });
  shown.addEventListener("click", () => {
    window.focus();
    go({ type: "tracker", id: trackerId });
    shown.close();
  });
}
