/** I18: events that are not written with the change that they tell of. */
import type { TrackerEvent } from "../../../src/chat/events.ts";
import type { Broken } from "./broken.ts";

export const events: readonly Broken[] = [
  {
    name: "an event is written by a call of its own, which does not always come",
    breaks: "I18",
    within: 3,
    change: { tells: losing(() => true) },
  },
  {
    name: "a state that the device reports is not told",
    breaks: "I18",
    within: 20,
    change: { tells: losing(({ type }) => type === "status") },
  },
  { name: "marking as read is not told", breaks: "I18", within: 40, change: { tells: losing(({ type }) => type === "unread") } },
];

/** One in so many is lost. */
const LOST = 20;

function losing(which: (event: TrackerEvent) => boolean): (told: readonly TrackerEvent[]) => readonly TrackerEvent[] {
  let count = 0;
  return (told) =>
    told.filter((event) => {
      if (which(event)) count += 1;
      return !which(event) || count % LOST !== 0;
    });
}
