/** What calls a dispatcher who looks elsewhere fails alone, and what is said twice is heard twice. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Message } from "../../src/console/model/message.ts";
import { ORIGIN } from "../../src/console/model/position.ts";

const made = vi.fn();
/** As in Chrome on Android. */
class Notification {
  static readonly permission = "granted";
  constructor() {
    made();
    throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
  }
}
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { Notification });
vi.stubGlobal("Notification", Notification);

const { alertIncoming } = await import("../../src/console/alerts.ts");
const { announce, announcement } = await import("../../src/console/announce.ts");
const { choose } = await import("../../src/console/prefs.ts");

const progress = { state: "unread", updatedAt: null, reason: null, receipt: null, altered: false, at: ORIGIN } as const;
const message: Message = {
  id: 1,
  trackerId: 5,
  direction: "INCOMING",
  text: "hello",
  submittedAt: 0,
  choices: [],
  answers: null,
  progress,
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

it("goes on when the browser has no sound and refuses a notification", () => {
  choose({ sound: true, notifications: true });
  alertIncoming(message, true);
  vi.runAllTimers();
  expect(made).toHaveBeenCalledTimes(1);
});

it("says the same words again", () => {
  const said: string[] = [];
  const stop = announcement.subscribe((words) => void said.push(words));
  for (const words of ["hello", "hello", "hello", "bye"]) {
    announce(words);
    vi.advanceTimersByTime(1_000);
  }
  stop();
  expect(said.slice(1).map((words) => words.trim())).toEqual(["hello", "hello", "hello", "bye"]);
});
