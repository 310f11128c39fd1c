import { expect, it } from "vitest";
import { IdReserve, RESERVE_IDS, RESERVE_MS, REST_MS } from "../../src/store/id-reserve.ts";

/** One that was told of a wish for `count` ids at 0, and of the ids from 100 on that were taken ahead for the like. */
function holding(count: number): IdReserve {
  const reserve = new IdReserve();
  reserve.order(count, 0);
  const of = reserve.order(1, 0);
  reserve.add({ first: 100, count: of, of }, 0);
  return reserve;
}

it("takes ahead as many as were wanted just before, and nothing for a text that comes alone", () => {
  const reserve = new IdReserve();
  expect(reserve.order(3, 0)).toBe(0);
  expect(reserve.order(2, RESERVE_MS)).toBe(3);
  expect(reserve.order(1, RESERVE_MS + 1)).toBe(0);
  reserve.add({ first: 10, count: 3, of: 3 }, RESERVE_MS + 1);
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

it("gives none below one that was given otherwise", () => {
  const reserve = holding(5);
  reserve.passedBy(99);
  expect(reserve.use(1, 1)).toBe(100);
  reserve.add({ first: 200, count: 1, of: 0 }, 1);
  reserve.passedBy(150);
  expect([reserve.use(1, 1), reserve.use(1, 1)]).toEqual([200, null]);
});

it("takes nothing ahead for a while after another node was faster", () => {
  const reserve = holding(5);
  reserve.rest(1);
  expect([reserve.use(1, 1), reserve.order(1, 1)]).toEqual([null, 0]);
  expect([reserve.order(1, REST_MS), reserve.order(1, REST_MS + 1)]).toEqual([0, 1]);
});

it("orders again what its server did not give", () => {
  const reserve = holding(5);
  expect(reserve.use(5, 1)).toBe(100);
  const of = reserve.order(1, 1);
  reserve.add({ first: 300, count: 0, of }, 1);
  expect([reserve.use(1, 1), reserve.order(1, 1)]).toEqual([null, of + 1]);
});
