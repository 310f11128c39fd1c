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

export interface DeviceManner {
  /** Receipts name their text. */
  readonly tagged: boolean;
  readonly random: Random;
}

export function drawHabit(random: Random): Habit {
  return random.weighted({ prompt: 30, mixed: 50, late: 5, kept: 3, twice: 3, forged: 3, missing: 4, rejected: 1, garbled: 1 });
}

/** What the device does about this part; an empty list: it stays silent. */
export function answersTo(part: ReceivedPart, habit: Habit, { tagged, random }: DeviceManner): readonly Answer[] {
  const today = habit === "mixed" ? random.weighted(tagged ? TAGGED : UNTAGGED) : habit;
  const delayMs = random.between(1, PROMPT_MS);
  const proper: Answer = { outcome: "accepted", delayMs, double: false, kept: false };
  const or = (chance: number, other: readonly Answer[]): readonly Answer[] => (random.chance(chance) ? other : [proper]);
  switch (today) {
    case "late":
      return [{ ...proper, delayMs: random.between(EARLIEST_LATE_MS, LATEST_MS) }];
    case "kept":
      return tagged ? [{ ...proper, kept: true }] : [];
    case "twice":
      // What a second receipt means without a tag is only certain while no other part can be on its way.
      if (!tagged) return [{ ...proper, double: part.part + 1 === part.parts }];
      return [proper, { ...proper, delayMs: delayMs + random.between(1, LATEST_MS) }];
    case "forged":
      return tagged ? [{ ...proper, outcome: "forged" }, ...or(0.5, [])] : [];
    case "missing":
      return or(0.6, []);
    case "rejected":
      return or(0.3, [{ ...proper, outcome: "rejected" }]);
    case "garbled":
      return or(0.5, [{ ...proper, outcome: "garbled" }]);
    default:
      return [proper];
  }
}
