/** Exported chats: every text and nothing else, in lines that can be read back, a page at a time. */
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportChats } from "../../src/chat/export.ts";
import type { Tracker } from "../../src/chat/fleet.ts";
import type { Message, TrackerId } from "../../src/chat/message.ts";
import { type ListQuery, StoreUnavailable } from "../../src/chat/ports.ts";
import { type AdminDataDeps, dataRoutes } from "../../src/http/admin-data.ts";
import { answerAdminFailure } from "../../src/http/admin-failure.ts";
import { Calendar } from "../../src/http/calendar.ts";
import { exportHead, exportLines } from "../../src/http/export-format.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { until } from "../support/gateway-world.ts";
import { BOUNDS } from "../support/limits.ts";

const USER = { id: 7, login: "ada", timeZone: "Europe/Berlin", dealerId: null };
const START = Date.UTC(2026, 10, 29, 12);
const calendar = new Calendar();

let app: FastifyInstance;
let time: { now: number };
let store: MemoryStore;
let list: AdminDataDeps["messages"]["list"];
let labels: Record<TrackerId, string>;

beforeEach(async () => {
  time = { now: START };
  store = new MemoryStore(() => time.now);
  list = (query) => store.list(query);
  labels = { 2: "Truck 2", 1: "=Truck 1" };
  app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry: null });
  const trackers = (): readonly Tracker[] => Object.keys(labels).map((id) => tracker(Number(id)));
  const directory = {
    user: (id: number) => (id === USER.id ? USER : undefined),
    trackersOf: trackers,
    tracker: (id: number) => trackers().find((one) => one.id === id),
  };
  const messages: AdminDataDeps["messages"] = { list: (query) => list(query), clear: (trackerId) => store.clear(trackerId) };
  await app.register((admin, _options, done) => {
    admin.setErrorHandler(answerAdminFailure);
    dataRoutes(admin, { directory, messages });
    done();
  });
});
afterEach(() => app.close());

function tracker(id: TrackerId): Tracker {
  return { id, userId: 7, label: labels[id] ?? "" } as Tracker;
}

async function text(trackerId: TrackerId, words: string): Promise<number> {
  const submitted = await store.submit({
    trackerId,
    text: words,
    employeeId: null,
    urgent: false,
    altered: false,
    ttlMs: 1,
    rejected: "no",
  });
  return submitted.type === "stored" ? submitted.id : 0;
}

async function exported(query = ""): Promise<readonly Record<string, unknown>[]> {
  const reply = await app.inject({ method: "GET", url: `/users/7/export${query}` });
  expect([reply.statusCode, reply.headers["content-type"]]).toEqual([200, "application/x-ndjson"]);
  return lines(reply.body).map((line) => JSON.parse(line) as Record<string, unknown>);
}

function lines(body: string): readonly string[] {
  return body === "" ? [] : body.slice(0, -1).split("\n");
}

describe("an export", () => {
  it("has every message of every tracker of the account, whatever their number, and no other's", async () => {
    const ids: number[] = [];
    for (let n = 0; n < 300; n += 1) ids.push(await text(1, `text ${n}`));
    const second = await text(2, "second");
    await text(3, "of somebody else");
    const rows = await exported();
    expect(rows.map(({ id }) => id)).toEqual([...ids, second]);
    expect(rows[0]).toEqual({
      tracker_id: 1,
      tracker_label: "=Truck 1",
      id: ids[0],
      submit_time: "2026-11-29T12:00:00+00:00",
      update_time: null,
      text: "text 0",
      type: "OUTGOING",
      status: "PENDING",
      employee_id: null,
      state: "rejected",
      reason: "no",
    });
    labels = { 5: "silent" };
    expect(await exported()).toEqual([]);
  });

  it("has a part of it by time, both ends included", async () => {
    const ids: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      ids.push(await text(1, "x"));
      time.now += 60_000;
    }
    expect((await exported("?from=2026-11-29T12:01:00Z")).map(({ id }) => id)).toEqual(ids.slice(1));
    expect((await exported("?from=2026-11-29T12:01:00Z&to=2026-11-29T13:01:00%2B01:00")).map(({ id }) => id)).toEqual([ids[1]]);
  });

  it.each([
    ["/users/8/export", 404, { status: { code: 204 } }],
    ["/users/0/export", 400, { errors: [{ parameter: "id" }] }],
    ["/users/7/export?format=xml", 400, { errors: [{ parameter: "format", error: "must be ndjson or csv" }] }],
    ["/users/7/export?from=yesterday", 400, { errors: [{ parameter: "from" }] }],
    ["/users/7/export?from=2026-11-29T12:01:00Z&to=2026-11-29T12:00:00Z", 400, { errors: [{ parameter: "from" }] }],
  ])("refuses %s", async (url, status, answer) => {
    const reply = await app.inject({ method: "GET", url });
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ success: false, ...answer });
  });

  it("says that the store is away; when it goes in the middle, the answer breaks off", async () => {
    list = () => Promise.reject(new StoreUnavailable("planned"));
    expect((await app.inject({ method: "GET", url: "/users/7/export" })).json()).toMatchObject({ success: false, status: { code: 14 } });
    const page = endless();
    list = (query) => ((query.after ?? 0) < 1_000 ? page(query) : Promise.reject(new StoreUnavailable("planned")));
    await app.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${app.listeningOrigin}/users/7/export`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it("reads no further than its reader does, and ends with it", async () => {
    let pages = 0;
    const page = endless("x".repeat(10_000));
    list = (query) => {
      pages += 1;
      return page(query);
    };
    await app.listen({ host: "127.0.0.1", port: 0 });
    const stop = new AbortController();
    const response = await fetch(`${app.listeningOrigin}/users/7/export`, { signal: stop.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    // What the sockets' buffers take, and then no page more: the chat has no end.
    let before = -1;
    await until(async () => {
      const same = before === pages;
      before = pages;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return same;
    });
    expect(pages).toBeLessThan(50);
    stop.abort();
    await until(async () => (await new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)))) === 0);
  });
});

describe("CSV", () => {
  it("gives every text back, and no cell is a formula", () => {
    const start = fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", '"', ",", "");
    const words = fc.tuple(start, fc.string({ unit: "binary" })).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 5 }), words, (texts, label) => {
        const messages = texts.map((one, n) => message(n + 1, one.toWellFormed()));
        const page = { tracker: { ...tracker(1), label: label.toWellFormed() }, messages };
        const rows = csvRows(exportHead("csv") + exportLines(page, "csv", calendar));
        const [head = [], ...cells] = rows;
        expect(rows.every((row) => row.length === head.length)).toBe(true);
        expect(cells.flat().filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))).toEqual([]);
        expect(cells.map((row) => (row[head.indexOf("text")] ?? "").replace(/^'/, ""))).toEqual(messages.map((one) => one.text));
        expect(cells.map((row) => (row[1] ?? "").replace(/^'/, ""))).toEqual(messages.map(() => page.tracker.label));
      }),
    );
  });

  it("is what spreadsheets read", async () => {
    await text(1, 'say "yes", or\nno; Привет');
    const reply = await app.inject({ method: "GET", url: "/users/7/export?format=csv" });
    expect([reply.headers["content-type"], reply.headers["content-disposition"]]).toEqual([
      "text/csv; charset=utf-8",
      'attachment; filename="chats-7.csv"',
    ]);
    expect(reply.rawPayload.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(reply.rawPayload.toString("utf8").slice(1).split("\r\n")).toEqual([
      "tracker_id,tracker_label,id,type,text,status,state,submit_time,update_time,employee_id,reason,choices,answers,receipt,altered",
      `1,"'=Truck 1",1,OUTGOING,"say ""yes"", or\nno; Привет",PENDING,rejected,2026-11-29T12:00:00+00:00,,,no,,,,`,
      "",
    ]);
  });
});

describe("NDJSON", () => {
  it("has one message a line, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => {
        const messages = texts.map((one, n) => message(n + 1, one));
        const rows = lines(exportLines({ tracker: tracker(1), messages }, "ndjson", calendar));
        expect(rows.map((line) => (JSON.parse(line) as { readonly text: string }).text)).toEqual(texts);
      }),
    );
  });
});

describe("pages", () => {
  it("go on behind the last message of the one before", async () => {
    const asked: (number | undefined)[] = [];
    const page = endless();
    const pages = exportChats(
      {
        list: (query) => {
          asked.push(query.after);
          return query.after === 256 ? Promise.resolve([]) : page(query);
        },
      },
      [tracker(1), tracker(2)],
      { from: null, to: null },
    );
    const lengths: number[] = [];
    for await (const { messages } of pages) lengths.push(messages.length);
    expect(lengths).toEqual([128, 128, 128, 128]);
    expect(asked).toEqual([0, 128, 256, 0, 128, 256]);
  });
});

/** A chat without an end. */
function endless(words = "x"): (query: ListQuery) => Promise<readonly Message[]> {
  return ({ limit, after = 0 }) => Promise.resolve(Array.from({ length: limit }, (_, n) => message(after + n + 1, words)));
}

function message(id: number, words: string): Message {
  const rest = { updatedAt: null, employeeId: null, altered: false, receipt: null, reason: null, answers: null };
  return { id, trackerId: 1, direction: "OUTGOING", state: "queued", text: words, submittedAt: START, ...rest };
}

/** RFC 4180, with the mark in front. */
function csvRows(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  cell.lastIndex = 1;
  while (cell.lastIndex < csv.length) {
    const [whole, quoted, plain = "", end] = cell.exec(csv) ?? [];
    if (whole === undefined) throw new Error("no CSV");
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  rows.pop();
  return rows;
}
