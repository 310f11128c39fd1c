/** How much this node is behind with its work, by how late its timers are; what it then refuses is decided by whoever asks. */

/** `strained`: no new lines. `overloaded`: no long calls either, and not ready. `drowning`: no calls at all. */
export type Load = "normal" | "strained" | "overloaded" | "drowning";

/** Lateness of every timer over the last while that makes a level, the worst first. */
const LEVELS = [
  { load: "drowning", lateMs: 1_000 },
  { load: "overloaded", lateMs: 500 },
  { load: "strained", lateMs: 200 },
] as const satisfies readonly { readonly load: Load; readonly lateMs: number }[];
/** One long pause (a machine that slept, a large collection of garbage) is no load: so long and so often in a row. */
const SUSTAINED_MS = 5_000;
const SUSTAINED_BEATS = 3;

interface Streak {
  readonly since: number;
  readonly beats: number;
}

export class LoadLevel {
  /** Late beats in a row, by level. */
  readonly #streaks = new Map<Load, Streak>();
  #load: Load = "normal";

  get load(): Load {
    return this.#load;
  }

  /** A timer fired so late. */
  beat(lateMs: number, now: number): void {
    for (const level of LEVELS) {
      const streak = this.#streaks.get(level.load);
      if (lateMs <= level.lateMs) this.#streaks.delete(level.load);
      else this.#streaks.set(level.load, { since: streak?.since ?? now, beats: (streak?.beats ?? 0) + 1 });
    }
    this.#load = LEVELS.find(({ load }) => isSustained(this.#streaks.get(load), now))?.load ?? "normal";
  }
}

function isSustained(streak: Streak | undefined, now: number): boolean {
  return streak !== undefined && now - streak.since >= SUSTAINED_MS && streak.beats >= SUSTAINED_BEATS;
}
