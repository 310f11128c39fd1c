import { expect, it } from "vitest";
import { IdReserve, RESERVE_IDS, RESERVE_MS, REST_MS } from "../../src/store/id-reserve.ts";

/** One that was asked for `count` ids at 0, and holds as many from 100 on. */
function holding(count: number): IdReserve {
  const reserve = new IdReserve();
  reserve.want(count, 0);
  const of = reserve.order(0, 0);
  reserve.add({ first: 100, count: of, of }, 0);
  return reserve;
}

it("takes ahead as many as were wanted just before, and nothing for a text that comes alone", () => {
  const reserve = new IdReserve();
  const ordered = (count: number, now: number): number => {
    reserve.want(count, now);
    return reserve.order(count, now);
  };
  expect(ordered(3, 0)).toBe(0);
  expect(ordered(2, RESERVE_MS)).toBe(3);
  expect(ordered(1, RESERVE_MS + 1)).toBe(0);
  reserve.add({ first: 10, count: 3, of: 3 }, RESERVE_MS + 1);
  expect(ordered(1, RESERVE_MS + 1)).toBe(0);
  reserve.use([3], RESERVE_MS + 1);
  expect(ordered(1, 10 * RESERVE_MS)).toBe(0);
});

it("gives ids in a row, each once, to as many wishes as there are ids for", () => {
  const reserve = holding(5);
  expect([reserve.use([2], 1), reserve.use([1, 1], 1)]).toEqual([
    { first: 100, wishes: 1 },
    { first: 102, wishes: 2 },
  ]);
  expect([reserve.use([2, 1], 1), reserve.use([1], 1).wishes]).toEqual([{ first: 104, wishes: 0 }, 0]);
  const other = holding(5);
  expect([other.use([2, 3, 1], 1), other.use([1], 1).wishes]).toEqual([{ first: 100, wishes: 2 }, 0]);
});

it("goes on where the last call ended", () => {
  const reserve = holding(2);
  reserve.add({ first: 102, count: 2, of: 0 }, 1);
  expect(reserve.use([1, 3], 1)).toEqual({ first: 100, wishes: 2 });
  const apart = holding(2);
  apart.add({ first: 103, count: 3, of: 0 }, 1);
  expect([apart.use([1, 3], 1), apart.use([3], 1)]).toEqual([
    { first: 100, wishes: 1 },
    { first: 103, wishes: 1 },
  ]);
});

it("gives none that was taken long ago", () => {
  expect(holding(5).use([1], RESERVE_MS).wishes).toBe(1);
  expect(holding(5).use([1], RESERVE_MS + 1).wishes).toBe(0);
});

it("holds a bounded number, those on their way among them", () => {
  const reserve = holding(10_000);
  expect(reserve.order(1, 1)).toBe(0);
  expect(reserve.use([RESERVE_IDS, 1], 1)).toEqual({ first: 100, wishes: 1 });
  expect(reserve.coming).toBe(0);
  expect([reserve.order(1, 1), reserve.coming, reserve.order(1, 1)]).toEqual([RESERVE_IDS, RESERVE_IDS, 0]);
});

it("gives nothing of what it has once a call failed, and orders anew", () => {
  const reserve = holding(5);
  reserve.use([2], 1);
  const of = reserve.order(0, 1);
  expect(of).toBe(2);
  reserve.missed(of);
  expect([reserve.use([1], 1).wishes, reserve.coming, reserve.order(0, 1)]).toEqual([0, 0, 5]);
});

it("gives none below one that was given otherwise", () => {
  const reserve = holding(5);
  reserve.passedBy(99);
  expect(reserve.use([1], 1).first).toBe(100);
  reserve.add({ first: 200, count: 1, of: 0 }, 1);
  reserve.passedBy(150);
  expect([reserve.use([1], 1).first, reserve.use([1], 1).wishes]).toEqual([200, 0]);
});

it.each([
  ["was faster", (reserve: IdReserve): void => reserve.rest(1)],
  ["took the last ids", (reserve: IdReserve): void => reserve.add({ first: 300, count: 0, of: reserve.order(-1, 1) }, 1)],
])("takes nothing ahead for a while after another node %s", (_, meet) => {
  const reserve = holding(5);
  meet(reserve);
  reserve.want(7, 1);
  expect([reserve.use([1], 1).wishes, reserve.order(0, 1), reserve.coming]).toEqual([0, 0, 0]);
  reserve.want(7, REST_MS);
  expect([reserve.order(0, REST_MS), reserve.order(0, REST_MS + 1)]).toEqual([0, 7]);
});
