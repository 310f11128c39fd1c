/** When a node counts as having too much to do. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoadLevel } from "../../src/chat/load.ts";

/** The level after each of these beats, which come every 100 ms and so much later. */
function levels(lateness: readonly number[]): readonly string[] {
  const level = new LoadLevel();
  let now = 0;
  return lateness.map((late) => {
    now += 100 + late;
    level.beat(late, now);
    return level.load;
  });
}

const beats = (lateMs: number, ms: number): readonly number[] => Array(Math.ceil(ms / (100 + lateMs)) + 1).fill(lateMs);

describe("the load", () => {
  it("follows what every timer says for five seconds", () => {
    for (const [lateMs, load] of [
      [150, "normal"],
      [300, "strained"],
      [700, "overloaded"],
      [1_500, "drowning"],
    ] as const) {
      expect(levels(beats(lateMs, 5_000)).at(-1)).toBe(load);
      expect(new Set(levels(beats(lateMs, 4_000)))).toEqual(new Set(["normal"]));
    }
  });

  it("is normal again with the first timer that is in time", () => {
    expect(levels([...beats(1_500, 6_000), 10]).at(-1)).toBe("normal");
    expect(levels([...beats(700, 6_000), 300]).at(-1)).toBe("strained");
  });

  it("does not mind one long pause", () => {
    expect(levels([5, 60_000, 5, 60_000, 5])).toEqual(Array(5).fill("normal"));
    expect(levels([5, 60_000, 250, 5])).toEqual(Array(4).fill("normal"));
  });

  it("is never more than the least of the last five seconds allows", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 60 }), (lateness) => {
        const recent: { readonly at: number; readonly late: number }[] = [];
        const level = new LoadLevel();
        let now = 0;
        for (const late of lateness) {
          now += 100 + late;
          recent.push({ at: now, late });
          level.beat(late, now);
          const least = Math.min(...recent.filter(({ at }) => at > now - 5_000).map((beat) => beat.late));
          if (least <= 200 || now < 5_000) expect(level.load).toBe("normal");
          if (least <= 500) expect(["normal", "strained"]).toContain(level.load);
        }
      }),
    );
  });
});
