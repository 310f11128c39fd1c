/** Where one goes on writing when another conversation is opened: what is typed next is a text for it, and no command. */
import { effect } from "@preact/signals";
import type { TrackerId } from "./model/message.ts";
import { openTracker } from "./route.ts";

/** Whose composer gets the focus as soon as it is drawn. */
let awaited: TrackerId | null = null;

/** Of links to conversations, wherever they are. */
const LINK = 'a[href^="#/tracker/"]';

/** Once, at the start. */
export function followWriting(): void {
  effect(() => {
    const id = openTracker();
    // The page is drawn after this: the field that has the focus is still the one that goes.
    if (isTyping(document.activeElement) && document.activeElement?.closest("main")) awaited = id;
  });
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>(LINK) : null;
    if (link === null || !isPlainClick(event) || !hasKeys()) return;
    const id = Number(link.hash.slice("#/tracker/".length));
    if (id === openTracker()) document.getElementById("composer")?.focus();
    else awaited = id;
  });
}

/** Asked once by the composer that is drawn. */
export function isAwaited(trackerId: TrackerId): boolean {
  const is = awaited === trackerId;
  awaited = null;
  return is;
}

export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Where a focused field brings up no keyboard that covers half of the page. */
export function hasKeys(): boolean {
  return matchMedia("(min-width: 761px) and (pointer: fine)").matches;
}

/** By a pointer, in this tab: a key "clicks", too, and whoever walks the roster by keys stays in it. */
function isPlainClick({ detail, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  return detail > 0 && !ctrlKey && !metaKey && !shiftKey && !altKey;
}
