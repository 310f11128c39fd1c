/** Signing in and out, and everything that starts and ends with a session. */
import { effect, signal, untracked } from "@preact/signals";
import { hearEvents, resetConversations } from "./activity.ts";
import { callForNone } from "./alerts.ts";
import { ApiError } from "./api.ts";
import { signIn as askForSession, signOut as endSession, userInfo } from "./calls.ts";
import { followDrafts } from "./drafts.ts";
import { isFleetDoubted } from "./failure.ts";
import { Live } from "./live.ts";
import { EMPTY } from "./model/model.ts";
import { UNFILTERED } from "./model/select.ts";
import { followSending, sendWaiting } from "./sending.ts";
import {
  broadcastDraft,
  broadcasts,
  connection,
  deviceCapabilities,
  dialog,
  drafts,
  filter,
  finding,
  isRefused,
  model,
  notice,
  type Session,
  session,
  shownTimeline,
  start,
} from "./state.ts";
import { keep, recall } from "./storage.ts";

/** Why the last session ended, where a person should know. */
export const farewell = signal<"ended" | null>(null);

let live: Live | null = null;
let endings: readonly (() => void)[] = [];

/** Goes on with the session that this tab, or this browser, has kept. */
export async function resume(): Promise<void> {
  const hash = recall("tab", "hash") ?? recall("browser", "hash");
  if (typeof hash !== "string") {
    start.value = "signed-out";
    return;
  }
  await enter(hash);
}

/** Rejects with ApiError. `stay`: the browser keeps the session, else this tab does. */
export async function signIn(login: string, password: string, stay: boolean): Promise<void> {
  const hash = await askForSession(login, password);
  keep(stay ? "browser" : "tab", "hash", hash);
  await enter(hash);
}

export function signOut(): void {
  const hash = session.value?.hash;
  leave(null);
  // The session is forgotten here even if the server cannot be told.
  if (hash !== undefined) endSession(hash).catch(() => undefined);
}

/** Tries to connect now. */
export function reconnect(): void {
  wake();
  live?.retryNow();
}

const RETRY_MS = 3_000;
/** Ends the wait before the next attempt to enter. */
let wake: () => void = () => undefined;

async function enter(hash: string): Promise<void> {
  try {
    begin({ hash, user: await userInfo(hash) });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isSignedOut) return leave("ended");
    if (!error.isPassing) throw error;
    connection.value = { type: "waiting", until: Date.now() + RETRY_MS };
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, RETRY_MS);
    });
    await enter(hash);
  }
}

function begin(entered: Session): void {
  session.value = entered;
  start.value = "ready";
  farewell.value = null;
  isRefused.value = false;
  const leaveWhenRefused = effect(() => {
    if (isRefused.value) untracked(() => leave("ended"));
  });
  const readAgainWhenDoubted = effect(() => {
    if (!isFleetDoubted.value) return;
    isFleetDoubted.value = false;
    live?.doubtFleet();
  });
  endings = [leaveWhenRefused, readAgainWhenDoubted, followSending(entered.user.id), followDrafts(entered.user.id)];
  live = new Live(entered, {
    live: sendWaiting,
    heard: hearEvents,
    seen: callForNone,
    reset: resetConversations,
    ended: () => leave("ended"),
  });
  void live.run();
}

function leave(why: "ended" | null): void {
  live?.stop();
  live = null;
  for (const end of endings) end();
  endings = [];
  keep("tab", "hash", null);
  keep("browser", "hash", null);
  session.value = null;
  model.value = EMPTY;
  broadcasts.value = [];
  broadcastDraft.value = null;
  deviceCapabilities.value = new Map();
  drafts.value = new Map();
  shownTimeline.value = null;
  dialog.value = null;
  finding.value = null;
  filter.value = UNFILTERED;
  notice.value = null;
  farewell.value = why;
  start.value = "signed-out";
}
