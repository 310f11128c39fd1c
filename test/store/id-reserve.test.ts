import { expect, it } from "vitest";
import { IdReserve, RESERVE_IDS, RESERVE_MS } from "../../src/store/id-reserve.ts";

/** One that was told of a wish for `count` ids at 0, and of the ids from 100 on that were taken ahead for the like. */
function holding(count: number): IdReserve {
  const reserve = new IdReserve();
  reserve.order(count, 0);
  reserve.add(100, reserve.order(1, 0), 0);
  return reserve;
}

it("takes ahead as many as were wanted just before, and nothing for a text that comes alone", () => {
  const reserve = new IdReserve();
  expect(reserve.order(3, 0)).toBe(0);
  expect(reserve.order(2, RESERVE_MS)).toBe(3);
  expect(reserve.order(1, RESERVE_MS + 1)).toBe(0);
  reserve.add(10, 3, RESERVE_MS + 1);
  expect(reserve.order(1, RESERVE_MS + 1)).toBe(0);
  expect(reserve.order(1, 10 * RESERVE_MS)).toBe(0);
});

it("gives ids in a row, each once, and none when too few are left", () => {
  const reserve = holding(5);
  expect([reserve.use(2, 1), reserve.use(1, 1), reserve.use(2, 1), reserve.use(1, 1)]).toEqual([100, 102, 103, null]);
  const other = holding(5);
  expect([other.use(2, 1), other.use(4, 1), other.use(1, 1)]).toEqual([100, null, null]);
});

it("gives none that was taken long ago", () => {
  expect(holding(5).use(1, RESERVE_MS)).toBe(100);
  expect(holding(5).use(1, RESERVE_MS + 1)).toBe(null);
});

it("holds a bounded number, those on their way among them", () => {
  const reserve = holding(10_000);
  expect(reserve.order(1, 1)).toBe(0);
  expect(reserve.use(RESERVE_IDS, 1)).toBe(100);
  expect(reserve.order(1, 1)).toBe(RESERVE_IDS);
  expect(reserve.order(1, 1)).toBe(0);
});

it("gives nothing of what it has once a call failed", () => {
  const reserve = holding(5);
  const ahead = reserve.order(1, 1);
  reserve.missed(ahead);
  expect(reserve.use(1, 1)).toBe(null);
  expect(reserve.order(1, 1)).toBeGreaterThan(0);
});
