/** The time of now, as often as texts that tell it change. */
import { signal } from "@preact/signals";

const TICK_MS = 20_000;

/** Milliseconds since 1970-01-01 UTC, a little late. */
export const now = signal(Date.now());

export function followClock(): void {
  setInterval(() => {
    now.value = Date.now();
  }, TICK_MS);
}
