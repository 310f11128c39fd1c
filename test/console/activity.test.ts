/** Counts that no event carries: rows are read again after events, and none of them is forgotten. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../src/console/api.ts";
import type { StreamEvent } from "../../src/console/model/change.ts";
import { readAfter } from "../../src/console/model/position.ts";

const calls = vi.hoisted(() => ({ roster: vi.fn(), fleet: vi.fn() }));
const state = vi.hoisted(() => ({
  session: { value: { hash: "h" } },
  model: { value: { trackers: new Map([1, 2].map((id) => [id, {}])), cursor: { ms: 1, n: 0, read: 0 } } },
  apply: vi.fn(),
  isRefused: { value: false },
}));
vi.mock("../../src/console/calls.ts", () => calls);
vi.mock("../../src/console/state.ts", () => state);
vi.mock("../../src/console/alerts.ts", () => ({ alertIncoming: vi.fn(), announceDelivered: vi.fn() }));
vi.mock("../../src/console/conversations.ts", () => ({ loadNewest: vi.fn() }));
vi.mock("../../src/console/route.ts", () => ({ openTracker: () => null }));

const { hearEvents } = await import("../../src/console/activity.ts");
const { isFleetDoubted } = await import("../../src/console/failure.ts");

const at = { ms: 2, n: 0, read: 0 } as const;
const progress = { state: "queued", updatedAt: null, reason: null, receipt: null, altered: false, at } as const;
const changeOf = (trackerId: number): StreamEvent => ({ type: "status", at, trackerId, id: 9, progress });
const read = (): readonly unknown[] => calls.roster.mock.calls.map(([, trackers]) => trackers);

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.resetAllMocks();
});

it("reads what changed while an answer was on its way once more", async () => {
  let answer: (roster: unknown) => void = () => undefined;
  calls.roster.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  hearEvents([changeOf(1)], false);
  await vi.advanceTimersByTimeAsync(1_500);
  hearEvents([changeOf(2)], false);
  answer({ at: readAfter(at), entries: [] });
  await vi.advanceTimersByTimeAsync(1_500);
  expect(read()).toEqual([[1], [2]]);
  answer({ at: readAfter(at), entries: [] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read()).toHaveLength(2);
});

it("reads again what could not be read", async () => {
  calls.roster.mockRejectedValueOnce(new ApiError(15, "too many requests")).mockResolvedValue({ at: readAfter(at), entries: [] });
  hearEvents([changeOf(1)], false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read()).toEqual([[1], [1]]);
  expect(state.apply).toHaveBeenCalledTimes(1);
});

it("does not ask again for what the server does not know, and doubts what it knows of the fleet", async () => {
  calls.roster.mockRejectedValue(new ApiError(201, "no such tracker"));
  hearEvents([changeOf(1)], false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read()).toEqual([[1]]);
  expect(isFleetDoubted.value).toBe(true);
});

it("tells when the session is over", async () => {
  calls.roster.mockRejectedValueOnce(new ApiError(4, "no session")).mockResolvedValue({ at: readAfter(at), entries: [] });
  hearEvents([changeOf(1)], false);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state.isRefused.value).toBe(true);
});
