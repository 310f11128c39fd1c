/** `list`, `updated/list` and `unread/count` against a model so simple that it is right, over random histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Api, startApi } from "../support/api.ts";

const TRACKERS = [1, 2] as const;
const START = Date.UTC(2026, 9, 20);
/** Around the end of summer time in Berlin, 2026-10-25 01:00 UTC: local times repeat. */
const CHANGE = Date.UTC(2026, 9, 25, 1);

interface Row {
  readonly id: number;
  readonly tracker: number;
  readonly at: number;
  readonly type: "INCOMING" | "OUTGOING";
  status: "PENDING" | "DELIVERED";
}
type Step =
  | { readonly type: "write" | "send" | "deliver" | "read-all"; readonly tracker: number; readonly pause: number }
  | { readonly type: "read"; readonly tracker: number; readonly pick: number; readonly pause: number };

/** Often none at all: equal times are the point. */
const pause = fc.oneof(fc.constant(0), fc.constantFrom(1, 999, 1_000), fc.integer({ min: 0, max: 3_600_000 }));
const tracker = fc.constantFrom(...TRACKERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("write", "send"), tracker, pause }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("deliver", "read-all"), tracker, pause }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("read"), tracker, pick: fc.nat(50), pause }) },
);
const question = fc.record({
  tracker,
  /** Rows whose times bound the range, and how far off; null: no such bound. */
  from: fc.option(fc.tuple(fc.nat(40), fc.constantFrom(-1_000, 0, 1_000))),
  to: fc.option(fc.tuple(fc.nat(40), fc.constantFrom(-1_000, 0, 1_000))),
  limit: fc.option(fc.integer({ min: 1, max: 12 })),
  ascending: fc.boolean(),
});

type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

describe("the API over random histories", () => {
  it("lists and counts as the model does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(START, CHANGE - 1_800_000),
        fc.array(step, { maxLength: 30 }),
        fc.array(question, { minLength: 1, maxLength: 6 }),
        async (start, steps, questions) => {
          const api = await startApi({ fleet: { trackers: TRACKERS.map((id) => ({ id })), users: [{ id: 1, timeZone: "UTC" }] } });
          api.time.now = start;
          const rows: Row[] = [];
          for (const one of steps) await play(api, rows, one);
          for (const one of questions) await compare(api, rows, one);
          await compareCounts(api, rows);
          await api.app.close();
        },
      ),
      { numRuns: 120 },
    );
  });

  it("includes both hours where `from` and `to` lie in a repeated one", async () => {
    const api = await startApi({ fleet: { trackers: [{ id: 1 }], users: [{ id: 1, timeZone: "Europe/Berlin" }] } });
    for (const minutes of [-61, -60, -30, 0, 30, 59, 60]) {
      api.time.now = CHANGE + minutes * 60_000;
      await api.driverWrites(1, String(minutes));
    }
    const texts = async (from: string, to: string): Promise<readonly string[]> =>
      (await api.call("list", { tracker_id: 1, from, to })).body.list.map((message: { text: string }) => message.text);
    expect(await texts("2026-10-25 02:00:00", "2026-10-25 02:59:59")).toEqual(["-60", "-30", "0", "30", "59"]);
    expect(await texts("2026-10-25 02:30:00", "2026-10-25 02:30:00")).toEqual(["-30", "0", "30"]);
    expect(await texts("2026-10-25 03:00:00", "2026-10-25 03:00:00")).toEqual(["60"]);
  });
});

async function play(api: Api, rows: Row[], one: Step): Promise<void> {
  api.time.now += one.pause;
  const incoming = rows.filter((row) => row.tracker === one.tracker && row.type === "INCOMING");
  const like = { tracker: one.tracker, at: api.time.now, status: "PENDING" } as const;
  switch (one.type) {
    case "write":
      return add(rows, { ...like, type: "INCOMING" }, await api.driverWrites(one.tracker, "from the driver"));
    case "send":
      return add(rows, { ...like, type: "OUTGOING" }, [
        (await api.call("send", { tracker_id: one.tracker, message: "to the driver" })).body.id,
      ]);
    case "deliver":
      return settle(rows, await api.deviceTakes(one.tracker));
    case "read-all":
      expect((await api.call("mark_read_all", { trackers: [one.tracker] })).body).toEqual({ success: true });
      return settle(
        rows,
        incoming.map(({ id }) => id),
      );
    case "read":
      return await readOne(api, rows, incoming[one.pick % Math.max(1, incoming.length)]);
  }
}

async function readOne(api: Api, rows: readonly Row[], row: Row | undefined): Promise<void> {
  if (row === undefined) return;
  expect((await api.call("mark_read", { message_id: row.id })).body).toEqual({ success: true });
  settle(rows, [row.id]);
}

function add(rows: Row[], like: Omit<Row, "id">, ids: readonly number[]): void {
  for (const id of ids) rows.push({ ...like, id });
}

function settle(rows: readonly Row[], ids: readonly number[]): void {
  for (const row of rows) if (ids.includes(row.id)) row.status = "DELIVERED";
}

async function compare(api: Api, rows: readonly Row[], asked: Question): Promise<void> {
  const bound = (of: readonly [number, number] | null): number | null => {
    const row = of === null ? undefined : rows[of[0] % Math.max(1, rows.length)];
    return of === null || row === undefined ? null : Math.floor(row.at / 1_000) * 1_000 + of[1];
  };
  const [from, to] = [bound(asked.from), bound(asked.to)];
  if (from !== null && to !== null && from > to) return;
  const reply = await api.call("list", {
    tracker_id: asked.tracker,
    from: timeText(from),
    to: timeText(to),
    limit: asked.limit,
    ascending: asked.ascending,
  });
  const floor = from ?? api.time.now - 7 * 86_400_000;
  const inRange = rows.filter((row) => row.tracker === asked.tracker && row.at >= floor && (to === null || row.at < to + 1_000));
  const ordered = [...inRange].sort((a, b) => (asked.ascending ? a.id - b.id : b.id - a.id)).slice(0, asked.limit ?? 1_024);
  const shown = reply.body.list.map(({ id, type, status, submit_time }: Record<string, unknown>) => ({ id, type, status, submit_time }));
  expect(shown).toEqual(ordered.map(({ id, type, status, at }) => ({ id, type, status, submit_time: timeText(at) })));
}

async function compareCounts(api: Api, rows: readonly Row[]): Promise<void> {
  const unread: Record<number, number> = {};
  const last: Record<number, string | null> = {};
  for (const row of rows) {
    last[row.tracker] = timeText(row.at);
    if (row.type === "INCOMING" && row.status === "PENDING") unread[row.tracker] = (unread[row.tracker] ?? 0) + 1;
  }
  expect((await api.call("unread/count")).body).toEqual({ success: true, value: unread });
  expect((await api.call("updated/list", { trackers: TRACKERS })).body).toEqual({ success: true, value: last });
}

function timeText(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString().slice(0, 19).replace("T", " ");
}
