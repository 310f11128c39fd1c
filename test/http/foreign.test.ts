/** What belongs to somebody else is answered, to the byte, as what does not exist; and the store is never asked about it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Api, type ApiOptions, type Reply, startApi } from "../support/api.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

const OTHER_HASH = "b".repeat(32);
const OWN = [1, 2, 3] as const;
/** As different as trackers can be: plain, blocked, mute, without tariff, unknown protocol, of nobody. */
const FOREIGN = [101, 102, 103, 104, 105, 106] as const;
const NONEXISTENT = [201, 202, 203, 204, 205, 206] as const;

const FLEET = {
  users: [{ id: 1 }, { id: 2 }],
  hashes: { [HASH]: 1, [OTHER_HASH]: 2 },
  protocols: [paperProtocol("mute", { textDown: "none" })],
  trackers: [
    ...OWN.map((id) => ({ id })),
    { id: 101, userId: 2 },
    { id: 102, userId: 2, blocked: true },
    { id: 103, userId: 2, protocol: "mute" },
    { id: 104, userId: 2, tariffId: null },
    { id: 105, userId: 2, protocol: "unheard-of" },
    { id: 106, userId: 3 },
  ],
};

/** A parameter that names trackers, in one of the shapes that clients write; `id` is the one in question. */
type Shape = (id: number, own: readonly number[]) => Readonly<Record<string, unknown>>;
const ONE: readonly Shape[] = [(id) => ({ tracker_id: id }), (id) => ({ tracker_id: String(id) })];
const MANY: readonly Shape[] = [
  (id, own) => ({ trackers: [...own, id] }),
  (id, own) => ({ trackers: [id, ...own, id].map(String) }),
  (id, own) => ({ trackers: JSON.stringify([...own, id]) }),
  (id) => ({ trackers: `[ "${id}" ]` }),
];
const CALLS: readonly (readonly [path: string, shapes: readonly Shape[], rest: Readonly<Record<string, unknown>>])[] = [
  ["list", ONE, {}],
  ["list", ONE, { from: "2015-01-01 00:00:00", to: "2030-01-01 00:00:00", limit: 5, ascending: "false" }],
  ["send", ONE, { message: "hello" }],
  ["mark_read_all", MANY, {}],
  ["broadcast", MANY, { message: "hello" }],
  ["updated/list", MANY, {}],
  ["capabilities", ONE, { message: "hello" }],
  ["roster", MANY, {}],
  ["send", ONE, { message: "hello", idempotency_key: "k", choices: ["a", "b"], ttl: 60 }],
  ["broadcast", MANY, { message: "hello", idempotency_key: "k" }],
];

/** Notes each tracker that the store is asked about. */
function spying(asked: number[]): NonNullable<ApiOptions["wrapStore"]> {
  const note = <T>(ids: readonly number[], work: T): T => {
    asked.push(...ids);
    return work;
  };
  return (store) => ({
    claimKey: (userId, key, body) => store.claimKey(userId, key, body),
    cancel: (trackerId, id) => note([trackerId], store.cancel(trackerId, id)),
    timeline: (trackerId, id) => note([trackerId], store.timeline(trackerId, id)),
    submit: (draft) => note([draft.trackerId], store.submit(draft)),
    list: (query) => note([query.trackerId], store.list(query)),
    find: (ids) => store.find(ids),
    findByKey: (trackerId, key) => note([trackerId], store.findByKey(trackerId, key)),
    markRead: (trackerId, ids) => note([trackerId], store.markRead(trackerId, ids)),
    markAllRead: (ids) => note(ids, store.markAllRead(ids)),
    lastTimes: (ids) => note(ids, store.lastTimes(ids)),
    unreadCounts: (ids) => note(ids, store.unreadCounts(ids)),
    roster: (ids) => note(ids, store.roster(ids)),
  });
}

async function peopled(asked: number[]): Promise<{ api: Api; foreignMessages: readonly number[] }> {
  const api = await startApi({ fleet: FLEET, wrapStore: spying(asked) });
  const foreignMessages: number[] = [];
  for (const id of [...OWN, ...FOREIGN]) {
    const ids = await api.driverWrites(id, `a of ${id}`, `b of ${id}`);
    if (id > 100) foreignMessages.push(...ids);
  }
  const sent = await api.call("send", { hash: OTHER_HASH, tracker_id: 101, message: "theirs" });
  foreignMessages.push(sent.body.id);
  asked.length = 0;
  return { api, foreignMessages };
}

const same = (reply: Reply): unknown => ({ status: reply.status, body: reply.body });

describe("another account's", () => {
  it("trackers answer as none do, in every call and shape", async () => {
    const asked: number[] = [];
    const { api } = await peopled(asked);
    const before = await everything(api);
    const scenario = fc.record({
      call: fc.constantFrom(...CALLS),
      shape: fc.nat(3),
      foreign: fc.constantFrom(...FOREIGN),
      nonexistent: fc.constantFrom(...NONEXISTENT),
      own: fc.subarray([...OWN]),
      method: fc.constantFrom("json", "form", "query"),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ call: [path, shapes, rest], shape, foreign, nonexistent, own, method }) => {
        const parameters = shapes[shape % shapes.length] as Shape;
        const ask = (id: number): Promise<Reply> => askBy(api, method, path, { ...parameters(id, own), ...rest });
        const [theirs, nobodys] = [await ask(foreign), await ask(nonexistent)];
        expect(same(theirs)).toEqual(same(nobodys));
        expect([201, 217]).toContain(theirs.body.status.code);
      }),
      { numRuns: 500 },
    );
    expect(asked.filter((id) => id > 100)).toEqual([]);
    expect(await everything(api)).toEqual(before);
  });

  it("messages answer as none do, and stay unread", async () => {
    const asked: number[] = [];
    const { api, foreignMessages } = await peopled(asked);
    const own = (await api.call("list", { tracker_id: 1 })).body.list.map(({ id }: { id: number }) => id);
    const shapes: readonly Shape[] = [
      (id) => ({ message_id: id }),
      (id) => ({ message_id: String(id) }),
      (id) => ({ message_ids: [...own, id] }),
      (id) => ({ message_ids: JSON.stringify([id, ...own]) }),
      (id) => ({ message_id: id, message_ids: own }),
      (id) => ({ message_id: own[0], message_ids: [id] }),
    ];
    const before = await everything(api);
    asked.length = 0;
    for (const shape of shapes) {
      const nobodys = await api.call("mark_read", shape(987_654, []));
      expect(nobodys.body.status.code).toBe(201);
      for (const id of foreignMessages) expect(same(await api.call("mark_read", shape(id, [])))).toEqual(same(nobodys));
    }
    for (const path of ["message/timeline", "message/cancel"]) {
      const nobodys = await api.call(path, { message_id: 987_654 });
      expect(nobodys.body.status.code).toBe(201);
      for (const id of foreignMessages) expect(same(await api.call(path, { message_id: id }))).toEqual(same(nobodys));
    }
    for (const id of [987_654, ...foreignMessages]) {
      const reply = await api.call("send", { tracker_id: 1, message: "mine", replaces: id });
      expect(same(reply)).toEqual(same(await api.call("mark_read", { message_id: 987_654 })));
    }
    expect(asked).toEqual([]);
    expect(await everything(api)).toEqual(before);
  });

  it("trackers and counts do not show in calls over the whole account", async () => {
    const { api } = await peopled([]);
    expect((await api.call("unread/count")).body.value).toEqual({ 1: 2, 2: 2, 3: 2 });
    await api.call("mark_read_all");
    expect((await api.call("unread/count", { hash: OTHER_HASH })).body.value).toEqual({ 101: 2, 102: 2, 103: 2, 104: 2, 105: 2 });
  });
});

/** All that the store knows of everybody's trackers. */
async function everything(api: Api): Promise<unknown> {
  const ids = [...OWN, ...FOREIGN];
  const all = { from: null, to: null, limit: 1_000, ascending: true };
  return await Promise.all(ids.map((trackerId) => api.store.list({ trackerId, ...all })));
}

function askBy(api: Api, method: string, path: string, parameters: Readonly<Record<string, unknown>>): Promise<Reply> {
  if (method === "json") return api.call(path, parameters);
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...parameters, hash: HASH }))
    fields.set(name, typeof value === "string" ? value : JSON.stringify(value));
  const encoded = fields.toString();
  if (method === "query") return api.request({ url: `/v2/tracker/chat/${path}?${encoded}` });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return api.request({ method: "POST", url: `/tracker/chat/${path}/`, headers, payload: encoded });
}
