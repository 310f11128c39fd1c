import { expect, it } from "vitest";
import { Turnstile } from "../../src/chat/turnstile.ts";

it("lets so many pass at once, in the order in which they came, whatever becomes of those before", async () => {
  const turnstile = new Turnstile(2);
  const begun: number[] = [];
  const ends: ((failed: boolean) => void)[] = [];
  let inside = 0;
  let most = 0;
  const outcomes = Array.from({ length: 50 }, (_, place) =>
    turnstile.pass(async () => {
      begun.push(place);
      inside += 1;
      most = Math.max(most, inside);
      const failed = await new Promise<boolean>((resolve) => ends.push(resolve));
      inside -= 1;
      if (failed) throw new Error(`${place}`);
      return place;
    }),
  );
  const settled = Promise.allSettled(outcomes);
  for (let ended = 0; ended < 50; ended += 1) {
    expect(begun.length).toBe(Math.min(50, ended + 2));
    ends[ended]?.(ended % 7 === 3);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(begun).toEqual(Array.from({ length: 50 }, (_, place) => place));
  expect(most).toBe(2);
  expect((await settled).filter(({ status }) => status === "rejected")).toHaveLength(7);
  // Everybody is through: both places are free again.
  expect(await Promise.all([turnstile.pass(() => Promise.resolve("a")), turnstile.pass(() => Promise.resolve("b"))])).toEqual(["a", "b"]);
});
