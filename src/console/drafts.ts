/** Words that were written and not sent stay with their tracker, over reloads too. */
import { effect } from "@preact/signals";
import type { TrackerId } from "./model/message.ts";
import { drafts } from "./state.ts";
import { keep, recall } from "./storage.ts";

/** Drafts that are kept; beyond that the oldest goes. */
const KEPT = 100;
const KEEP_AFTER_MS = 300;

export function setDraft(trackerId: TrackerId, text: string): void {
  const next = new Map(drafts.value);
  next.delete(trackerId);
  if (text !== "") next.set(trackerId, text);
  for (const oldest of next.keys()) {
    if (next.size <= KEPT) break;
    next.delete(oldest);
  }
  drafts.value = next;
}

/** Gives what ends it. */
export function followDrafts(userId: number): () => void {
  const place = `drafts:${userId}`;
  drafts.value = readDrafts(recall("browser", place));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => keep("browser", place, drafts.value.size === 0 ? null : [...drafts.value]);
  const stop = effect(() => {
    void drafts.value;
    clearTimeout(timer);
    timer = setTimeout(write, KEEP_AFTER_MS);
  });
  addEventListener("pagehide", write);
  return () => {
    stop();
    clearTimeout(timer);
    write();
    removeEventListener("pagehide", write);
  };
}

function readDrafts(kept: unknown): ReadonlyMap<TrackerId, string> {
  if (!Array.isArray(kept)) return new Map();
  return new Map(
    kept.filter((pair): pair is [number, string] => Array.isArray(pair) && typeof pair[0] === "number" && typeof pair[1] === "string"),
  );
}
