/** What a screen reader says without being asked: what was heard, not what scrolled into view. */
import { signal } from "@preact/signals";

/** The words of now; read by one live region. */
export const announcement = signal("");

/** Words that come close together are said together. */
const GATHER_MS = 400;
/** After a burst only the newest are said. */
const MOST_AT_ONCE = 4;

let gathered: string[] = [];

export function announce(words: string): void {
  if (gathered.length === 0) setTimeout(say, GATHER_MS);
  gathered.push(words);
}

function say(): void {
  const words = gathered.slice(-MOST_AT_ONCE).join("\n");
  // The same words once more are no change, and would not be said: a space at the end makes them one.
  announcement.value = words === announcement.value ? `${words}\u00A0` : words;
  gathered = [];
}
