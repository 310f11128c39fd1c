/** Everything can be done by keys. Single letters are commands only while nobody types, and can be switched off. */
import { latinKey } from "./latin-key.ts";
import type { TrackerId } from "./model/message.ts";
import { nextUnread } from "./model/select.ts";
import { prefs } from "./prefs.ts";
import { go, openTracker, route } from "./route.ts";
import { dialog, entries, filter, finding, session, shownTimeline } from "./state.ts";
import { closeFinder, openFinder } from "./views/finder.tsx";
import { messagesControls, rosterControls } from "./views/list-controls.ts";
import { closeTimeline } from "./views/timeline.tsx";
import { followWriting, isTyping } from "./writing.ts";

export function followKeys(): void {
  followWriting();
  addEventListener("keydown", (event) => {
    if (session.value === null || isDialogOpen() || event.isComposing) return;
    const act = isTyping(event.target) ? whileTyping(event) : (anywhere(event) ?? letter(event));
    if (act === null) return;
    event.preventDefault();
    act();
  });
}

/** As the browser sees it: one that it has closed tells so only with the next event, and the key after Esc may come before. */
function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

type Act = () => void;

/** Of the roster's rows, to find the one that has the focus. */
const ROW = "a[data-tracker]";

function anywhere(event: KeyboardEvent): Act | null {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (altKey && shiftKey && key === "ArrowDown") return () => openUnread(1);
  if (altKey && shiftKey && key === "ArrowUp") return () => openUnread(-1);
  if ((ctrlKey || metaKey) && latinKey(event) === "k") return focusSearch;
  if (key === "Escape") return back;
  if (key === "End" && !isTyping(event.target)) return () => messagesControls.current?.scrollToEnd();
  return null;
}

function whileTyping(event: KeyboardEvent): Act | null {
  const isSearch = event.target instanceof HTMLElement && event.target.id === "search";
  if (isSearch && (event.key === "ArrowDown" || event.key === "Enter")) return () => focusRow(0);
  return anywhere(event);
}

const LETTERS: Readonly<Record<string, Act>> = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  n: () => openUnread(1),
  f: openFinder,
  c: () => focus("composer"),
  b: () => go({ type: "broadcast", key: null }),
  "/": focusSearch,
  "?": () => {
    dialog.value = "help";
  },
};

function letter(event: KeyboardEvent): Act | null {
  if (event.ctrlKey || event.metaKey || event.altKey || !prefs.value.letterKeys) return null;
  return LETTERS[latinKey(event)] ?? null;
}

function openUnread(step: 1 | -1): void {
  const id = nextUnread(entries.value, openTracker(), step);
  if (id !== null) go({ type: "tracker", id });
}

/** To the row below or above the one that has the focus or is about to get it, else the open one. */
function moveRow(step: 1 | -1): void {
  const focused = document.activeElement?.closest<HTMLElement>(ROW)?.dataset["tracker"];
  const current = wantedRow ?? (focused === undefined ? openTracker() : Number(focused));
  const index = entries.value.findIndex(({ tracker }) => tracker.id === current);
  focusRow(index < 0 ? 0 : index + step);
}

/** Keys may come faster than the list draws rows. */
let wantedRow: TrackerId | null = null;
/** A row that comes into view is drawn within a few frames. */
const DRAWN_FRAMES = 10;

function focusRow(index: number): void {
  const id = entries.value[index]?.tracker.id;
  if (id === undefined) return;
  wantedRow = id;
  rosterControls.current?.show(index);
  focusDrawnRow(id, DRAWN_FRAMES);
}

function focusDrawnRow(id: TrackerId, frames: number): void {
  requestAnimationFrame(() => {
    if (wantedRow !== id) return;
    const row = document.querySelector<HTMLElement>(`${ROW}[data-tracker="${id}"]`);
    if (row === null && frames > 0) return focusDrawnRow(id, frames - 1);
    wantedRow = null;
    row?.focus();
  });
}

function focusSearch(): void {
  if (matchMedia("(max-width: 760px)").matches && route.value.type !== "home") go({ type: "home" });
  focus("search");
}

/** What is asked for may be drawn only now. */
function focus(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

/** Out of what is innermost: the timeline, a search, the words one is writing, the conversation. */
function back(): void {
  if (shownTimeline.value !== null) return closeTimeline();
  if (finding.value !== null) return closeFinder();
  const active = document.activeElement;
  if (active instanceof HTMLElement && active.id === "search") {
    if (filter.value.search !== "") filter.value = { ...filter.value, search: "" };
    else active.blur();
    return;
  }
  const id = openTracker();
  if (active instanceof HTMLElement && active.id === "composer" && !matchMedia("(max-width: 760px)").matches) return active.blur();
  if (route.value.type !== "home") go({ type: "home" });
  if (id !== null) focusRow(entries.value.findIndex(({ tracker }) => tracker.id === id));
}
