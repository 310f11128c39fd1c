import { expect, it } from "vitest";
import { LineChat } from "../../src/chat/lines.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import type { Protocol } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { storeWith } from "../support/api.ts";
import { MemoryDirectory } from "../support/fleet.ts";
import { byTag } from "../support/scripted-protocol.ts";

it("says of a line that ended in an outage that it is gone as soon as it can, and of none that came after", async () => {
  const memory = new MemoryStore(Date.now);
  await memory.renewLease("a", 60_000);
  let down = true;
  const logout = (trackerId: number, epoch: number): Promise<void> =>
    down ? Promise.reject(new StoreUnavailable("planned")) : memory.logout(trackerId, epoch);
  const outbox = { hint: () => Promise.resolve() };
  const chat = new LineChat({
    store: storeWith(memory, { logout }),
    directory: new MemoryDirectory(),
    outbox,
    node: "a",
    now: () => 0,
    warn: () => undefined,
  });
  const [one, other] = [
    await memory.login({ trackerId: 1, node: "a", protocol: "p" }),
    await memory.login({ trackerId: 2, node: "a", protocol: "p" }),
  ];
  await chat.logout(1, one.epoch);
  await chat.logout(2, other.epoch);
  await chat.retryUnsaid();
  expect((await memory.owners([1, 2])).size).toBe(2);
  const later = await memory.login({ trackerId: 2, node: "a", protocol: "p" });
  down = false;
  await chat.retryUnsaid();
  expect(await memory.owners([1, 2])).toEqual(new Map([[2, { node: "a", epoch: later.epoch }]]));
});

it("refuses a device whose profile names an upstream that its protocol, or nobody, can be shared with", async () => {
  const store = new MemoryStore(Date.now);
  await store.renewLease("a", 60_000);
  const alone: Protocol = { ...byTag, name: "alone" };
  Reflect.deleteProperty(alone, "tee");
  const directory = new MemoryDirectory({
    trackers: [
      { id: 1, deviceId: "shared", profile: { tee: "upstream:5000" } },
      { id: 2, deviceId: "nowhere", profile: { tee: "upstream" } },
      { id: 3, deviceId: "own", profile: { tee: null } },
    ],
    protocols: [byTag, alone],
  });
  const chat = new LineChat({
    store,
    directory,
    outbox: { hint: () => Promise.resolve() },
    node: "a",
    now: () => 0,
    warn: () => undefined,
  });
  const verdict = async (key: string, protocol: Protocol): Promise<unknown> => {
    const answer = await chat.identify({ scope: "login", key, password: null }, { protocol, address: "10.0.0.1" });
    return answer.verdict.type === "refused" ? answer.verdict.reason : answer.verdict.type;
  };
  expect(await verdict("shared", alone)).toBe("unsupported");
  expect(await verdict("nowhere", byTag)).toBe("unsupported");
  expect(await verdict("shared", byTag)).toBe("accepted");
  expect(await verdict("own", alone)).toBe("accepted");
});

it("puts so many logins to the store at once, in turn, and none of a line that is gone by then", async () => {
  const memory = new MemoryStore(Date.now);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const login: MemoryStore["login"] = async (wanted) => {
    begun.push(wanted.trackerId);
    await new Promise<void>((resolve) => ends.push(resolve));
    return await memory.login(wanted);
  };
  const trackers = Array.from({ length: 200 }, (_, place) => ({ id: place + 1, deviceId: `d${place + 1}` }));
  const chat = new LineChat({
    store: storeWith(memory, { login }),
    directory: new MemoryDirectory({ trackers, protocols: [byTag] }),
    outbox: { hint: () => Promise.resolve() },
    node: "a",
    now: () => 0,
    warn: () => undefined,
  });
  const gone = new Set([100, 101]);
  const answers = trackers.map(({ id, deviceId }) =>
    chat.identify({ scope: "login", key: deviceId, password: null }, { protocol: byTag, address: "10.0.0.1", gone: () => gone.has(id) }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(trackers.slice(0, 64).map(({ id }) => id));
  for (let ended = 0; ended < 198; ended += 1) {
    ends[ended]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const verdicts = (await Promise.all(answers)).map(({ verdict }) => verdict.type);
  expect(verdicts.filter((verdict) => verdict === "accepted")).toHaveLength(198);
  expect([verdicts[99], verdicts[100]]).toEqual(["unavailable", "unavailable"]);
  expect(begun).toEqual(trackers.map(({ id }) => id).filter((id) => !gone.has(id)));
});
