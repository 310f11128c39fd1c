import { describe, expect, it } from "vitest";
import { MAX_PROBLEMS } from "../../src/fleet/problems.ts";
import { EXAMPLE, fleetWorld, manyTrackers } from "./world.ts";

const NEW = { created: 1, updated: 0, unchanged: 0 };
const SAME = { created: 0, updated: 0, unchanged: 1 };

describe("importing a fleet", () => {
  it("takes the documented example, and the same again changes nothing", async () => {
    const { fleet, store, ...world } = fleetWorld();
    expect(await world.import(EXAMPLE)).toEqual({
      counts: { dealers: NEW, tariffs: NEW, users: NEW, employees: NEW, trackers: NEW },
      madeKeys: [],
    });
    const version = (await store.since(0))?.version;
    expect((await world.import(EXAMPLE)).counts).toEqual({ dealers: SAME, tariffs: SAME, users: SAME, employees: SAME, trackers: SAME });
    expect((await store.since(0))?.version).toBe(version);
    expect(fleet.directory.userOfHash("A6AA75587E5C59C32D347DA438505FC3")?.login).toBe("ada@example.com");
  });

  it("keeps what the document omits: entities and fields", async () => {
    const { fleet, ...world } = fleetWorld();
    await world.import(EXAMPLE);
    const before = fleet.directory.tracker(999199);
    await world.import({ trackers: [{ id: 999199, label: "Lorry" }], users: [{ id: 1, time_zone: "UTC" }] });
    expect(fleet.directory.tracker(999199)).toEqual({ ...before, label: "Lorry" });
    expect(fleet.directory.user(1)).toMatchObject({ login: "ada@example.com", timeZone: "UTC", dealerId: 1 });
    expect(fleet.directory.employeeOf(999199)).toBe(123456);
    expect(await fleet.accounts.authenticate("ADA@example.com", "demo")).toMatchObject({ id: 1 });
    expect(fleet.directory.userOfHash("a6aa75587e5c59c32d347da438505fc3")?.id).toBe(1);
  });

  it("takes null as a value", async () => {
    const { fleet, ...world } = fleetWorld();
    await world.import({ ...EXAMPLE, dealers: [{ id: 1, device_limit: 5 }] });
    expect(fleet.directory.deviceLimit(1)).toBe(5);
    await world.import({
      dealers: [{ id: 1, device_limit: null }],
      users: [{ id: 1, password: null }],
      employees: [{ id: 123456, tracker_id: null }],
      trackers: [{ id: 999199, protocol: null }],
    });
    expect(fleet.directory.deviceLimit(1)).toBeNull();
    expect(fleet.directory.employeeOf(999199)).toBeNull();
    expect(fleet.directory.tracker(999199)?.protocol).toBeNull();
    expect(await fleet.accounts.authenticate("ada@example.com", "demo")).toBeUndefined();
  });

  it("exports without secrets what it can import again", async () => {
    const { fleet, ...world } = fleetWorld();
    await world.import({ ...EXAMPLE, trackers: [{ ...EXAMPLE.trackers[0], password: "4711" }] });
    const exported = fleet.provisioning.export();
    const { password: _, api_keys: __, ...user } = EXAMPLE.users[0];
    const { password: ___, ...tracker } = EXAMPLE.trackers[0];
    expect(exported).toEqual({ ...EXAMPLE, users: [user], trackers: [tracker] });
    expect(JSON.stringify(exported)).not.toMatch(/demo"|4711|a6aa|scrypt/);
    expect((await world.import(exported)).counts.trackers).toEqual(SAME);
    expect(fleet.directory.tracker(999199)?.password).toBe("4711");
  });

  it("makes API keys that come without a hash, once, and shows them once", async () => {
    const { fleet, store, ...world } = fleetWorld();
    const document = { users: [{ id: 1, login: "ada", api_keys: [{ title: "console" }] }] };
    const { madeKeys } = await world.import(document);
    expect(madeKeys).toEqual([{ userId: 1, title: "console", hash: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    const hash = madeKeys[0]?.hash ?? "";
    expect(fleet.directory.userOfHash(hash)?.id).toBe(1);
    expect(JSON.stringify(await store.since(0))).not.toContain(hash);
    expect((await world.import(document)).madeKeys).toEqual([]);
  });

  it("keeps passwords as scrypt hashes and keys as SHA-256 only", async () => {
    const { store, ...world } = fleetWorld();
    await world.import(EXAMPLE);
    const kept = JSON.stringify(await store.since(0));
    expect(kept).toContain('"passwordHash":"scrypt$');
    expect(kept).not.toMatch(/"demo-?password|a6aa75587e5c59c32d347da438505fc3/);
    expect(kept.match(/"sha256":"[0-9a-f]{64}"/g)).toHaveLength(1);
  });

  it("applies the protocol's defaults, and keeps a profile as it is while the protocol is open", async () => {
    const { fleet, ...world } = fleetWorld();
    await world.import({
      users: [{ id: 1, login: "ada" }],
      trackers: [
        { id: 1, user_id: 1, device_id: "1", protocol: "jt808", profile: { charset: "utf8" } },
        { id: 2, user_id: 1, device_id: "2", profile: { anything: 1 } },
      ],
    });
    expect(fleet.directory.tracker(1)?.profile).toMatchObject({ charset: "utf8", edition: "auto" });
    expect(fleet.directory.tracker(2)?.profile).toEqual({ anything: 1 });
    expect(fleet.provisioning.export().trackers[0]?.profile).toEqual({ charset: "utf8" });
  });

  it("lets device ids and employees be swapped within one document", async () => {
    const { fleet, ...world } = fleetWorld();
    const make = (first: number, second: number) => ({
      users: [{ id: 1, login: "ada" }],
      trackers: [
        { id: 1, user_id: 1, device_id: `dev${first}` },
        { id: 2, user_id: 1, device_id: `dev${second}` },
      ],
      employees: [
        { id: 1, user_id: 1, tracker_id: first },
        { id: 2, user_id: 1, tracker_id: second },
      ],
    });
    await world.import(make(1, 2));
    await world.import(make(2, 1));
    expect(fleet.directory.trackerOfDevice("dev2")?.id).toBe(1);
    expect(fleet.directory.trackerOfDevice("dev1")?.id).toBe(2);
    expect([fleet.directory.employeeOf(1), fleet.directory.employeeOf(2)]).toEqual([2, 1]);
  });

  it("takes 15,000 trackers in less than a second, and a change of one at once", async () => {
    const { fleet, ...world } = fleetWorld();
    const whole = await cpuMs(() => world.import(manyTrackers(15_000)));
    expect(fleet.directory.trackersOf(1)).toHaveLength(15_000);
    expect(whole).toBeLessThan(1_000);
    const one = await cpuMs(() => world.import({ trackers: [{ id: 7_000, label: "x" }] }));
    expect(one).toBeLessThan(whole / 10);
  });
});

/** Processor time: the machine may be busy with other things. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe("a document that is refused", () => {
  const tracker = EXAMPLE.trackers[0];
  const cases: readonly [string, unknown, readonly [path: string, error: string][]][] = [
    ["no object", [], [["$", "must be object"]]],
    ["an unknown list", { cars: [] }, [["$", 'unknown field "cars"']]],
    ["an unknown field", { trackers: [{ ...tracker, pasword: "x" }] }, [["trackers[0]", 'unknown field "pasword"']]],
    ["an id beyond 32 bits", { dealers: [{ id: 2 ** 31 }] }, [["dealers[0].id", "must be <= 2147483647"]]],
    ["an id that is no number", { dealers: [{ id: "1" }] }, [["dealers[0].id", "must be integer"]]],
    ["a missing id", { tariffs: [{}] }, [["tariffs[0]", "must have required property 'id'"]]],
    ["a hash", { users: [{ id: 1, login: "a", api_keys: [{ hash: "zz" }] }] }, [["users[0].api_keys[0].hash", "must be 32 hex digits"]]],
    [
      "a device id with a blank",
      { trackers: [{ ...tracker, device_id: "a b" }] },
      [["trackers[0].device_id", "must be 1 to 64 characters without spaces"]],
    ],
    [
      "missing fields of new entities",
      { users: [{ id: 7 }], trackers: [{ id: 8 }], employees: [{ id: 9 }] },
      [
        ["users[0]", "login is missing, and there is no such entity yet"],
        ["employees[0]", "user_id is missing, and there is no such entity yet"],
        ["trackers[0]", "user_id is missing, and there is no such entity yet"],
        ["trackers[0]", "device_id is missing, and there is no such entity yet"],
      ],
    ],
    [
      "an id given twice",
      {
        dealers: [
          { id: 4, device_limit: 1 },
          { id: 4, device_limit: 2 },
        ],
      },
      [["dealers[1].id", "4 was given before, at dealers[0]"]],
    ],
    [
      "references to nothing",
      {
        users: [{ id: 1, dealer_id: 9 }],
        employees: [{ id: 5, user_id: 9, tracker_id: 8 }],
        trackers: [{ ...tracker, user_id: 9, tariff_id: 9 }],
      },
      [
        ["users[0].dealer_id", "there is no dealer 9"],
        ["employees[0].user_id", "there is no user 9"],
        ["employees[0].tracker_id", "there is no tracker 8"],
        ["trackers[0].user_id", "there is no user 9"],
        ["trackers[0].tariff_id", "there is no tariff 9"],
      ],
    ],
    [
      "a device id of another tracker",
      { trackers: [{ id: 2, user_id: 1, device_id: "356307042441013" }] },
      [["trackers[0].device_id", "tracker 999199 has this device id"]],
    ],
    [
      "the same with leading zeros",
      { trackers: [{ id: 2, user_id: 1, device_id: "00356307042441013" }] },
      [["trackers[0].device_id", "tracker 999199 has this device id"]],
    ],
    [
      "a device id twice in the document",
      {
        trackers: [
          { id: 2, user_id: 1, device_id: "13912345678" },
          { id: 3, user_id: 1, device_id: "013912345678" },
        ],
      },
      [["trackers[1].device_id", "tracker 2 has this device id"]],
    ],
    [
      "a second employee on a tracker",
      { employees: [{ id: 2, user_id: 1, tracker_id: 999199 }] },
      [["employees[0].tracker_id", "employee 123456 is assigned to tracker 999199"]],
    ],
    ["a login of another user", { users: [{ id: 2, login: "ADA@example.com" }] }, [["users[0].login", "user 1 has this login"]]],
    ["a login that nobody can log in with", { users: [{ id: 2, login: "a\tb" }] }, [["users[0].login", "must be printable characters"]]],
    ["a login of blanks", { users: [{ id: 2, login: " " }] }, [["users[0].login", "must be printable characters"]]],
    [
      "a key of another user",
      { users: [{ id: 2, login: "b", api_keys: [{ hash: "A6AA75587E5C59C32D347DA438505FC3" }] }] },
      [["users[0].api_keys", "user 1 has one of these keys"]],
    ],
    [
      "a time zone",
      { users: [{ id: 1, time_zone: "Europe/Atlantis" }] },
      [["users[0].time_zone", '"Europe/Atlantis" is no IANA time zone']],
    ],
    ["an offset for a time zone", { users: [{ id: 1, time_zone: "+01:00" }] }, [["users[0].time_zone", '"+01:00" is no IANA time zone']]],
    [
      "an unknown protocol",
      { trackers: [{ id: 999199, protocol: "morse" }] },
      [["trackers[0].protocol", 'unknown protocol "morse", known are wialon-ips, jt808']],
    ],
    ["a profile", { trackers: [{ id: 999199, profile: { charset: "klingon" } }] }, [["trackers[0].profile.charset", "must be one of"]]],
    [
      "an unknown field of a profile",
      { trackers: [{ id: 999199, profile: { colour: 1 } }] },
      [["trackers[0].profile", 'unknown field "colour"']],
    ],
    [
      "an upstream for a protocol that cannot be shared",
      { trackers: [{ id: 2, user_id: 1, device_id: "2", protocol: "egts", profile: { tee: "example.com:1" } }] },
      [["trackers[0].profile", '"tee" is not possible: lines of this protocol cannot be shared']],
    ],
    [
      "an upstream that is no address",
      { trackers: [{ id: 2, user_id: 1, device_id: "2", protocol: "jt808", profile: { tee: "http://example.com" } }] },
      [["trackers[0].profile.tee", "must be host:port"]],
    ],
    [
      "an upstream without a port, while the protocol is open",
      { trackers: [{ id: 2, user_id: 1, device_id: "2", profile: { tee: "example.com:70000" } }] },
      [["trackers[0].profile.tee", "must be host:port"]],
    ],
    [
      "a profile that is too large",
      { trackers: [{ id: 2, user_id: 1, device_id: "2", profile: { x: "y".repeat(20_000) } }] },
      [["trackers[0].profile", "must be at most 16384 bytes"]],
    ],
  ];
  it.each(cases)("for %s names the path, and nothing of it is applied", async (_, document, expected) => {
    const { fleet, store, ...world } = fleetWorld();
    await world.import(EXAMPLE);
    const before = await store.since(0);
    const problems = await world.refused(document);
    expect(problems).toEqual(expected.map(([path, error]) => ({ path, error: expect.stringContaining(error) })));
    expect(await store.since(0)).toEqual(before);
    expect(fleet.provisioning.export().trackers).toHaveLength(1);
  });

  it("lists every problem, up to a bound", async () => {
    const world = fleetWorld();
    const problems = await world.refused({ tariffs: Array.from({ length: 500 }, () => ({ id: 0 })) });
    expect(problems).toHaveLength(MAX_PROBLEMS + 1);
    expect(problems.at(-1)).toEqual({ path: "$", error: "and 400 more problems" });
  });
});
