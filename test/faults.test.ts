/** The parts of the campaign on real processes that need none: the checker on made-up histories, texts on wires, schedules. */
import { describe, expect, it } from "vitest";
import { check } from "./faults/checker/check.ts";
import type { Invariant } from "./faults/checker/facts.ts";
import type { Entry, Happening, StoredMessage } from "./faults/history.ts";
import { INJECTIONS, injectionsNamed, schedule } from "./faults/injections/all.ts";
import { NEGATIVES } from "./faults/negative/all.ts";
import { notInjected, reportOf } from "./faults/report/summary.ts";
import { isLong, Scanner, textOf } from "./faults/texts.ts";
import { Random } from "./simulation/random.ts";

const DEVICE = "jt808-101";
const TRACKER = 101;
/** Of the history below: text 1 goes down, text 2 comes up. */
const DOWN = 1;
const UP = 2;

type Timed = readonly [t: number, happening: Happening];

const traits = {
  device: DEVICE,
  trackerId: TRACKER,
  user: 0,
  kind: "jt808",
  protocol: "jt808",
  serials: true,
  attempts: 10,
  copies: 1,
  home: null,
};
const nobody = { store: false, nodes: [], device: null, near: null };
const outgoing: StoredMessage = {
  id: 11,
  trackerId: TRACKER,
  direction: "OUTGOING",
  n: DOWN,
  intact: true,
  status: "DELIVERED",
  submitted: 100,
  updated: 101,
};
const incoming: StoredMessage = { ...outgoing, id: 12, direction: "INCOMING", n: UP, status: "PENDING", updated: null };
const sent = { op: "sent", client: "d0", n: DOWN, trackerId: TRACKER, node: 0, began: 995, outcome: "ok", id: 11, ttlS: null } as const;
const arrived = { op: "arrived", device: DEVICE, line: 1, n: DOWN, part: "head", receipt: "yes", dueAt: null } as const;
const line = { op: "line", device: DEVICE, line: 1, node: 0, change: "opened", reason: "" } as const;

/** A campaign in which a text went each way and nothing went wrong. */
const CALM: readonly Timed[] = [
  [0, { op: "run", seed: 1, planned: 0, versions: {} }],
  [0, { op: "cast", ...traits }],
  [1, line],
  [2, { ...line, change: "online" }],
  [1_000, sent],
  [1_010, arrived],
  [1_011, { op: "shown", device: DEVICE, n: DOWN, tag: "7" }],
  [2_000, { op: "seen", ...outgoing }],
  [3_000, { op: "said", device: DEVICE, n: UP }],
  [3_010, { op: "acknowledged", device: DEVICE, n: UP }],
  [9_000, { op: "peace" }],
  [9_100, { op: "stored", ...outgoing }],
  [9_100, { op: "stored", ...incoming }],
  [9_100, { op: "unread", trackerId: TRACKER, count: 1 }],
  [9_100, { op: "unacknowledged", device: DEVICE, count: 0 }],
  [9_200, { op: "end" }],
];

/** The calm campaign with some of it left out, and this in it. */
function history(added: readonly Timed[], leftOut: (happening: Happening) => boolean = () => false): readonly Entry[] {
  const timed = [...CALM.filter(([, happening]) => !leftOut(happening)), ...added];
  return timed.sort(([one], [other]) => one - other).map(([t, happening]) => ({ ...happening, t }));
}

function broken(added: readonly Timed[], leftOut?: (happening: Happening) => boolean): readonly Invariant[] {
  return [...new Set(check(history(added, leftOut)).violations.map(({ invariant }) => invariant))];
}

const isStored = (id: number) => (happening: Happening) => happening.op === "stored" && happening.id === id;
const isArrival = (happening: Happening): boolean => happening.op === "arrived";
const fault = (t: number, phase: "begins" | "healed" | "flows" | "ends", kind = "node-drained", nodes = [0]): Timed => [
  t,
  { op: "fault", f: 1, kind, phase, scope: { ...nobody, nodes }, detail: "" },
];
const drained = (value: number, code: number): readonly Timed[] => [
  fault(5_000, "begins"),
  [5_900, { op: "measured", f: 1, kind: "node-drained", what: "drain", value }],
  [5_900, { op: "measured", f: 1, kind: "node-drained", what: "exit code", value: code }],
  fault(6_000, "flows"),
  fault(6_000, "ends"),
];
const secondLine: readonly Timed[] = [
  [4_000, { ...line, change: "left", reason: "lingers" }],
  [4_010, { ...line, line: 2, node: 1 }],
  [4_020, { ...line, line: 2, node: 1, change: "online" }],
];

describe("the checker", () => {
  it("finds nothing in a calm history", () => {
    expect(check(history([])).violations).toEqual([]);
  });

  it.each<[string, number, readonly Invariant[]]>([
    ["navtelecom", 20_000, []],
    ["navtelecom", 19_000, ["I7"]],
    ["wialon-ips", 20_000, ["I7"]],
  ])("knows that a keyboard of %s without serials says its text again after 20 s: %d ms", (protocol, waited, wanted) => {
    const later = 30_000;
    const added: readonly Timed[] = [
      [0, { op: "cast", ...traits, protocol, serials: false }],
      [3_000 + waited, { op: "acknowledged", device: DEVICE, n: UP }],
      [9_100, { op: "stored", ...incoming, id: 13 }],
      [9_101, { op: "unread", trackerId: TRACKER, count: 2 }],
    ];
    const entries = history(added, ({ op }) => op === "cast" || op === "acknowledged" || op === "unread");
    const slow = entries.map((entry) => (entry.t >= 9_000 && entry.t < 10_000 ? { ...entry, t: entry.t + later } : entry));
    slow.sort((one, other) => one.t - other.t);
    expect([...new Set(check(slow).violations.map(({ invariant }) => invariant))]).toEqual(wanted);
  });

  it.each<[Invariant, string, readonly Timed[], ((happening: Happening) => boolean)?]>([
    ["I1", "an accepted text is not stored", [], isStored(11)],
    ["I1", "it is stored under another number", [[9_100, { op: "stored", ...outgoing, id: 13 }]], isStored(11)],
    ["I1", "it is stored with other words", [[9_100, { op: "stored", ...outgoing, intact: false }]], isStored(11)],
    ["I1", "it never arrives", [], isArrival],
    ["I1", "it is never settled", [[9_100, { op: "state", id: 11, state: "written" }]]],
    ["I1", "no text flows after a fault", [fault(5_000, "begins", "node-killed"), fault(6_000, "ends", "node-killed")]],
    ["I1", "the campaign does not come to its end", [], ({ op }) => op === "end"],
    ["I1b", "a text is stored twice", [[9_100, { op: "stored", ...outgoing, id: 13 }]]],
    ["I1b", "what was refused is stored", [[1_000, { ...sent, outcome: "fail", id: null }]], ({ op }) => op === "sent"],
    ["I2", "delivered, and the device kept its receipt", [[1_010, { ...arrived, receipt: "no" }]], isArrival],
    ["I2", "a text comes to another device", [[1_020, { ...arrived, device: "another" }]]],
    ["I2", "delivered before a late receipt", [[1_010, { ...arrived, receipt: "late", dueAt: 2_500 }]], isArrival],
    [
      "I3",
      "a later text comes first",
      [
        [990, { ...sent, n: 5, id: 13 }],
        [995, { ...arrived, n: 5 }],
        [9_100, { op: "stored", ...outgoing, n: 5, id: 13 }],
      ],
    ],
    ["I4", "a copy without a cause", [[4_000, arrived]]],
    [
      "I4",
      "a copy under another number",
      [
        [1_012, { op: "shown", device: DEVICE, n: DOWN, tag: "8" }],
        [4_000, arrived],
      ],
    ],
    ["I5", "updated before it was submitted", [[8_000, { op: "seen", ...outgoing, updated: 99 }]]],
    ["I5", "updated twice", [[8_000, { op: "seen", ...outgoing, updated: 105 }]]],
    ["I5", "pending with an update time", [[8_000, { op: "seen", ...outgoing, status: "PENDING" }]]],
    ["I5", "submit times run back", [[9_100, { op: "stored", ...incoming, submitted: 50 }]], isStored(12)],
    ["I6", "acknowledged and not stored", [], isStored(12)],
    ["I7", "stored twice", [[9_100, { op: "stored", ...incoming, id: 13 }]]],
    [
      "I7",
      "typed twice, stored once",
      [
        [3_001, { op: "said", device: DEVICE, n: UP }],
        [3_011, { op: "acknowledged", device: DEVICE, n: UP }],
      ],
    ],
    ["I7", "a device waits for ever", [[9_101, { op: "unacknowledged", device: DEVICE, count: 1 }]]],
    ["I8", "the older line stays open", secondLine],
    ["I8", "a text comes over the older line", [...secondLine, [6_500, { op: "overheard", device: DEVICE, line: 1, n: DOWN }]]],
    ["I10", "a wrong count", [[9_101, { op: "unread", trackerId: TRACKER, count: 2 }]]],
    ["I10", "read though nobody marked it", [[9_100, { op: "stored", ...incoming, status: "DELIVERED" }]], isStored(12)],
    ["I10", "marked and unread", [[8_000, { op: "marked", user: 0, ids: [12], began: 7_990, outcome: "ok" }]]],
    ["I11", "a number is given twice", [[9_100, { op: "stored", ...incoming, id: 11 }]], isStored(12)],
    ["I11", "numbers of one client run back", [[1_100, { ...sent, n: 5, id: 10 }]]],
    [
      "I16",
      "delivered after its time",
      [
        [900, { ...sent, began: 100, ttlS: 60 }],
        [950, { op: "clock", seconds: 90 }],
        [4_000, arrived],
      ],
      (one) => isArrival(one) || one.op === "sent",
    ],
    ["I17", "a drain that takes too long", drained(31_000, 0)],
    ["I17", "a drain that ends with an error", drained(900, 1)],
    [
      "I17",
      "a request without an answer",
      [...drained(900, 0), [5_200, { op: "called", node: 0, what: "list", began: 4_900, outcome: "info" }]],
    ],
    [
      "I17",
      "a text comes again though its receipt came in time",
      [...drained(900, 0), [4_500, { ...arrived, receipt: "late", dueAt: 5_500 }], [7_000, arrived]],
      isArrival,
    ],
  ])("%s: %s", (invariant, _what, added, leftOut) => {
    expect(broken(added, leftOut)).toContain(invariant);
  });

  it.each<[string, readonly Timed[], ((happening: Happening) => boolean)?]>([
    [
      "a copy after a lost receipt",
      [
        [1_010, { ...arrived, receipt: "no" }],
        [1_500, arrived],
      ],
      isArrival,
    ],
    [
      "a copy over the next line",
      [
        [1_500, { ...line, change: "closed" }],
        [4_000, arrived],
      ],
    ],
    ["a copy after its node was hurt", [fault(1_500, "begins"), fault(1_600, "flows"), fault(1_700, "ends"), [4_000, arrived]]],
    ["a text of unknown outcome that is not stored", [[1_200, { ...sent, n: 5, id: null, outcome: "info" }]]],
    [
      "a kept-back receipt that the device gave when it was asked",
      [
        [1_010, { ...arrived, receipt: "no" }],
        [1_500, { op: "vouched", device: DEVICE, n: DOWN, part: "head" }],
      ],
      isArrival,
    ],
    [
      "a later text comes first because the device dropped the earlier one",
      [
        [980, { ...sent, n: 5, id: 10 }],
        [1_000, { op: "dropped", device: DEVICE, n: 5 }],
        [2_000, { ...arrived, n: 5 }],
        [9_100, { op: "stored", ...outgoing, n: 5, id: 10 }],
      ],
    ],
    [
      "a dead letter that comes once more under another number",
      [
        [1_010, { ...arrived, receipt: "no" }],
        [3_000, { op: "dead-letter", id: 11 }],
        [4_000, arrived],
        [4_001, { op: "shown", device: DEVICE, n: DOWN, tag: "8" }],
      ],
      (one) => isArrival(one) || one.op === "seen",
    ],
    ["an older line that is closed in time", [...secondLine, [4_500, { ...line, change: "closed" }]]],
    ["an older line whose node was stopped", [...secondLine, fault(3_900, "begins"), fault(8_000, "flows"), fault(8_000, "ends")]],
  ])("lets pass: %s", (_what, added, leftOut) => {
    expect(broken(added, leftOut)).toEqual([]);
  });
});

describe("texts on a wire", () => {
  it("are found however the bytes are cut, once each, with the end of a long one", () => {
    const long = Array.from({ length: 60 }, (_, n) => n + 1).find(isLong) ?? 0;
    const bytes = Buffer.from(`#M#${textOf(long)}\r\n#M#${textOf(long + 1)}\r\n`);
    for (const size of [1, 3, 7, 64, bytes.length]) {
      const scanner = new Scanner();
      const found = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...scanner.push(bytes.subarray(at, at + size)));
      expect(found.filter(({ part }) => part === "head").map(({ n }) => n)).toEqual([long, long + 1]);
      expect(new Set(found.filter(({ part }) => part === "tail").map(({ n }) => n))).toEqual(new Set([long]));
    }
  });
});

describe("a schedule", () => {
  it("is the seed's, has every kind, and a sixth of it are power cuts", () => {
    const kinds = injectionsNamed([], new Map());
    const drawn = (seed: number): readonly string[] => schedule(kinds, 720, new Random(seed)).map(({ kind }) => kind);
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    expect(new Set(drawn(1)).size).toBe(INJECTIONS.length);
    expect(drawn(1).filter((kind) => kind === "power-cut").length).toBeGreaterThanOrEqual(100);
    expect(drawn(1).filter((kind) => kind !== "receipts").length).toBeGreaterThanOrEqual(600);
  });

  it("leaves out what the machine cannot do, and refuses what is no fault", () => {
    const without = injectionsNamed([], new Map([["firewall", "not here"]]));
    expect(without.length).toBeLessThan(INJECTIONS.length);
    expect(without.every(({ needs }) => !needs.includes("firewall"))).toBe(true);
    expect(() => injectionsNamed(["earthquake"], new Map())).toThrow("earthquake is none of power-cut");
  });
});

describe("broken variants", () => {
  it("there is one for every promise that a campaign checks", () => {
    const checked: readonly Invariant[] = ["I1", "I1b", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10", "I11", "I16", "I17"];
    expect(new Set(NEGATIVES.flatMap(({ breaks }) => breaks))).toEqual(new Set(checked));
  });
});

describe("the report", () => {
  it("counts what there was no time for", () => {
    const planned = (count: number): Timed => [1, { op: "run", seed: 1, planned: count, versions: {} }];
    const done = [fault(5_000, "begins", "power-cut"), fault(5_500, "ends", "power-cut")];
    expect(notInjected([check(history([planned(1), ...done])), check(history([planned(3), ...done]))])).toBe(2);
  });

  it("counts what happened in campaigns together", () => {
    const entries = history([
      fault(5_000, "begins", "power-cut"),
      fault(5_200, "healed", "power-cut"),
      fault(5_500, "flows", "power-cut"),
      fault(5_500, "ends", "power-cut"),
    ]);
    const report = reportOf([check(entries), check(entries)]);
    expect(report).toContain("| faults injected | 2, of them 2 power cuts");
    expect(report).toContain("| power-cut | texts flow | 2 | 300 | 300 | 300 | 15000 |");
    expect(report).toContain("2: 2 accepted");
  });
});
