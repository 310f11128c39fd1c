/** How a device answers the parts of texts: properly, or in one of the ways in which devices do not. */
import type { Random } from "./random.ts";
import type { ReceivedPart } from "./texts.ts";

export type Habit = "prompt" | "late" | "kept" | "twice" | "forged" | "missing" | "rejected" | "garbled" | "mixed";

/** One thing the device does about a part; `delayMs` after it came. `kept`: on its next line. */
export interface Answer {
  readonly outcome: "accepted" | "rejected" | "garbled" | "forged";
  readonly delayMs: number;
  /** Sent twice in one go. */
  readonly double: boolean;
  readonly kept: boolean;
}

/** Around the gateway's 15 s and beyond. */
const LATEST_MS = 45_000;
const EARLIEST_LATE_MS = 8_000;
const PROMPT_MS = 300;

/** A device with tags may do anything. */
const TAGGED: Readonly<Record<Habit, number>> = {
  prompt: 40,
  late: 12,
  kept: 8,
  twice: 12,
  forged: 10,
  missing: 10,
  rejected: 4,
  garbled: 4,
  mixed: 0,
};
/** Without tags a receipt belongs to the line on which its text came; two receipts of one text come in one piece. */
const UNTAGGED: Readonly<Record<Habit, number>> = { ...TAGGED, kept: 0, forged: 0 };

export function drawHabit(random: Random): Habit {
  return random.weighted({ prompt: 30, mixed: 50, late: 5, kept: 3, twice: 3, forged: 3, missing: 4, rejected: 1, garbled: 1 });
}

/** What the device does about this part; an empty list: it stays silent. */
export function answersTo(part: ReceivedPart, habit: Habit, device: { readonly tagged: boolean; readonly random: Random }): readonly Answer[] {
  const { tagged, random } = device;
  const drawn = habit === "mixed" ? random.weighted(tagged ? TAGGED : UNTAGGED) : habit;
  const today = !tagged && (drawn === "kept" || drawn === "forged") ? "missing" : drawn;
  const soon = random.between(1, PROMPT_MS);
  const proper: Answer = { outcome: "accepted", delayMs: soon, double: false, kept: false };
  switch (today) {
    case "late":
      return [{ ...proper, delayMs: random.between(EARLIEST_LATE_MS, LATEST_MS) }];
    case "kept":
      return [{ ...proper, kept: true }];
    case "twice":
      // What a second receipt means is only certain while no other part can be on its way.
      if (!tagged) return [{ ...proper, double: part.part + 1 === part.parts }];
      return [proper, { ...proper, delayMs: soon + random.between(1, LATEST_MS) }];
    case "forged":
      return random.chance(0.5) ? [proper, { ...proper, outcome: "forged" }] : [{ ...proper, outcome: "forged" }];
    case "missing":
      return random.chance(0.6) ? [] : [proper];
    case "rejected":
      return [{ ...proper, outcome: random.chance(0.3) ? "rejected" : "accepted" }];
    case "garbled":
      return [{ ...proper, outcome: random.chance(0.5) ? "garbled" : "accepted" }];
    default:
      return [proper];
  }
}
