/** Words that were written and not sent stay with their tracker, over reloads and in every tab. */
import { effect, signal } from "@preact/signals";
import type { TrackerId } from "./model/message.ts";
import { drafts } from "./state.ts";
import { hearKept, keep, recall } from "./storage.ts";

type Choices = readonly string[];

interface Draft {
  readonly text: string;
  /** Null: it is no question. */
  readonly choices: Choices | null;
}

/** Drafts that are kept; beyond that the oldest goes. */
const KEPT = 100;
const KEEP_AFTER_MS = 300;

/** Answers that unsent questions offer, by tracker. */
export const draftChoices = signal<ReadonlyMap<TrackerId, Choices>>(new Map());

/** Of this tab, not yet kept: all else in the browser may be another tab's. */
const changed = new Set<TrackerId>();

export function setDraft(trackerId: TrackerId, text: string): void {
  changed.add(trackerId);
  drafts.value = withEntry(drafts.value, trackerId, text || null);
}

/** `choices` null: it is no question. */
export function setDraftChoices(trackerId: TrackerId, choices: Choices | null): void {
  changed.add(trackerId);
  draftChoices.value = withEntry(draftChoices.value, trackerId, choices);
}

/** Gives what ends it. */
export function followDrafts(userId: number): () => void {
  const place = `drafts:${userId}`;
  const merged = (): ReadonlyMap<TrackerId, Draft> => withChanged(readDrafts(recall("browser", place)));
  const write = (): void => {
    if (changed.size === 0) return;
    const kept = [...merged()].slice(-KEPT).map(([id, { text, choices }]) => (choices === null ? [id, text] : [id, text, choices]));
    keep("browser", place, kept.length === 0 ? null : kept);
    changed.clear();
  };
  const show = (): void => showDrafts(merged());
  show();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    void drafts.value;
    void draftChoices.value;
    clearTimeout(timer);
    timer = setTimeout(write, KEEP_AFTER_MS);
  });
  const stopHearing = hearKept(place, show);
  addEventListener("pagehide", write);
  return () => {
    stop();
    stopHearing();
    clearTimeout(timer);
    write();
    removeEventListener("pagehide", write);
    showDrafts(new Map());
  };
}

function withEntry<Value>(map: ReadonlyMap<TrackerId, Value>, id: TrackerId, value: Value | null): ReadonlyMap<TrackerId, Value> {
  const next = new Map(map);
  next.delete(id);
  if (value !== null) next.set(id, value);
  return next;
}

function withChanged(kept: ReadonlyMap<TrackerId, Draft>): ReadonlyMap<TrackerId, Draft> {
  let all = kept;
  for (const id of changed) {
    const [text, choices] = [drafts.value.get(id) ?? "", draftChoices.value.get(id) ?? null];
    all = withEntry(all, id, text === "" && choices === null ? null : { text, choices });
  }
  return all;
}

function showDrafts(all: ReadonlyMap<TrackerId, Draft>): void {
  drafts.value = new Map([...all].flatMap(([id, { text }]) => (text === "" ? [] : [[id, text] as const])));
  draftChoices.value = new Map([...all].flatMap(([id, { choices }]) => (choices === null ? [] : [[id, choices] as const])));
}

function readDrafts(kept: unknown): ReadonlyMap<TrackerId, Draft> {
  if (!Array.isArray(kept)) return new Map();
  const entries = kept.filter((entry): entry is [number, string, unknown] => {
    return Array.isArray(entry) && typeof entry[0] === "number" && typeof entry[1] === "string";
  });
  return new Map(entries.map(([id, text, choices]) => [id, { text, choices: readChoices(choices) }]));
}

function readChoices(kept: unknown): Choices | null {
  return Array.isArray(kept) ? kept.filter((choice) => typeof choice === "string") : null;
}
