/** The smaller parts of the page's model. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../../src/console/model/bytes.ts";
import { itemsOf } from "../../src/console/model/items.ts";
import type { Message } from "../../src/console/model/message.ts";
import { BLANK_ROW, folded, type Row, type Tracker } from "../../src/console/model/model.ts";
import { isOlder, ORIGIN, positionOf, readAfter } from "../../src/console/model/position.ts";
import { entriesOf, groupsOf, nextUnread, type RosterFilter, unreadTotal } from "../../src/console/model/select.ts";
import { filledIn, TEMPLATES, templatesOf } from "../../src/console/model/templates.ts";
import { timesIn } from "../../src/console/model/times.ts";
import { revived, type UnsentText, waitingTexts, withoutStored } from "../../src/console/model/unsent.ts";
import { encodeText } from "../../src/core/charset.ts";

const MINUTE_MS = 60_000;

function message(id: number, part: Partial<Message> = {}): Message {
  return {
    id,
    trackerId: 1,
    direction: "INCOMING",
    text: `text ${id}`,
    submittedAt: id * MINUTE_MS,
    choices: [],
    answers: null,
    progress: { state: "unread", updatedAt: null, reason: null, receipt: null, altered: false, at: ORIGIN },
    ...part,
  };
}

describe("positions", () => {
  it("are the numbers of a stream's ids, and an answer is newer than the event it was asked after", () => {
    const [one, two, ten] = ["5-1", "5-2", "10-0"].map((id) => positionOf(id) ?? ORIGIN);
    if (one === undefined || two === undefined || ten === undefined) throw new Error("no positions");
    expect([isOlder(one, two), isOlder(two, ten), isOlder(ten, one), isOlder(one, one)]).toEqual([true, true, false, false]);
    expect([isOlder(one, readAfter(one)), isOlder(readAfter(one), two)]).toEqual([true, true]);
  });

  it.each(["", "5", "5-", "-1", "5-1-1", "five-1", "1e3-1"])("%j is none", (id) => expect(positionOf(id)).toBeNull());
});

describe("the roster's order and filter", () => {
  const all: RosterFilter = { search: "", show: "all", group: null };
  const tracker = (id: number, label: string, part: Partial<Tracker> = {}): Tracker => {
    const named = { id, label, driver: "", group: 0, model: null, deviceId: String(id), ...part };
    return { ...named, searched: folded(`${named.label} ${named.driver} ${named.deviceId}`) };
  };
  const row = (part: Partial<Row>): Row => ({ ...BLANK_ROW, ...part });
  const trackers = new Map(
    [
      tracker(1, "Truck 10", { driver: "Zoë Åkesson", group: 2 }),
      tracker(2, "Truck 2"),
      tracker(3, "Van", { deviceId: "860123" }),
      tracker(4, "Crane"),
      tracker(5, "Blocked"),
    ].map((one) => [one.id, one]),
  );
  const rows = new Map([
    [1, row({ last: message(5) })],
    [2, row({ last: message(9) })],
    [3, row({ last: message(1), unread: { count: 2, at: ORIGIN }, presence: { ...BLANK_ROW.presence, online: true } })],
    [4, row({})],
  ]);
  const ids = (filter: Partial<RosterFilter>): readonly number[] =>
    entriesOf({ trackers, rows }, { ...all, ...filter }).map((entry) => entry.tracker.id);

  it("puts unread ones first, then the newest, then by label, and leaves out who cannot chat", () => {
    expect(ids({})).toEqual([3, 2, 1, 4]);
  });

  it("finds all words in label, driver and device, whatever their case and accents", () => {
    expect(ids({ search: "zoe TRUCK" })).toEqual([1]);
    expect(ids({ search: "8601" })).toEqual([3]);
    expect(ids({ search: "truck van" })).toEqual([]);
  });

  it("shows what is asked for", () => {
    expect([ids({ show: "unread" }), ids({ show: "online" }), ids({ group: 2 })]).toEqual([[3], [3], [1]]);
    expect(groupsOf({ trackers })).toEqual([0, 2]);
    expect(unreadTotal({ trackers, rows })).toBe(2);
  });

  it("goes to the next unread, around the end, never to the same", () => {
    const entries = entriesOf({ trackers, rows }, all);
    expect([nextUnread(entries, null, 1), nextUnread(entries, 1, 1), nextUnread(entries, 3, 1), nextUnread([], null, 1)]).toEqual([
      3,
      3,
      null,
      null,
    ]);
    const both = entries.map((entry) => ({ ...entry, row: { ...entry.row, unread: { count: entry.tracker.id % 2, at: ORIGIN } } }));
    expect([nextUnread(both, 3, 1), nextUnread(both, 1, 1), nextUnread(both, 2, -1), nextUnread(both, null, -1)]).toEqual([1, 3, 3, 1]);
  });
});

describe("the lines of a conversation", () => {
  const dayOf = (at: number): string => (at < 5 * MINUTE_MS ? "monday" : "tuesday");
  const kinds = (options: Partial<Parameters<typeof itemsOf>[0]>): readonly string[] => {
    const items = itemsOf({ messages: [], complete: true, unsent: [], firstNew: null, dayOf, ...options });
    return items.map((item) => (item.type === "message" ? `${item.message.id}${item.joined ? "+" : ""}` : item.type));
  };

  it("separate days and join what one side wrote in a row", () => {
    const messages = [message(1), message(2), message(3, { direction: "OUTGOING" }), message(6), message(20)];
    expect(kinds({ messages })).toEqual(["day", "1+", "2", "3", "day", "6", "20"]);
  });

  it("are what they were when older ones come before them", () => {
    const messages = [1, 2, 3, 6, 7, 20].map((id) => message(id));
    const all = itemsOf({ messages, complete: true, unsent: [], firstNew: null, dayOf });
    for (let first = 1; first < messages.length; first += 1) {
      const items = itemsOf({ messages: messages.slice(first), complete: false, unsent: [], firstNew: null, dayOf });
      expect(items[0]?.type).toBe("message");
      expect(all.slice(-items.length)).toEqual(items);
    }
  });

  it("mark what is new and end with what is not sent yet", () => {
    const unsent: UnsentText = { key: "k", trackerId: 1, text: "t", choices: [], writtenAt: 0, state: { type: "sending" } };
    expect(kinds({ messages: [message(1), message(2)], unsent: [unsent], firstNew: 2 })).toEqual(["day", "1", "new", "2", "unsent"]);
  });

  it("have a key each", () => {
    const items = itemsOf({ messages: [message(1), message(6), message(7)], complete: true, unsent: [], firstNew: 7, dayOf });
    expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
  });
});

describe("bytes of a text", () => {
  it.each(["ascii", "latin1", "cp1251", "gbk"])("are those that the gateway would write in %s, of every character", (charset) => {
    const wrong: string[] = [];
    for (let code = 1; code < 0x1_0000; code += 1) {
      if (code >= 0xd8_00 && code < 0xe0_00) continue;
      const character = String.fromCharCode(code);
      const { bytes, lost } = encodeText(character, charset as "gbk");
      if (bytesOf(character, charset, lost) !== bytes.length) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it("are those that the gateway would write", () => {
    const characters = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("Привет", "你好", "é", "🚚", "?", "\n", "плюс € 10", "ÿ"));
    const text = fc.array(characters, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.constantFrom("utf8", "ascii", "latin1", "cp1251", "gbk", "utf16be", "utf16le"), (words, charset) => {
        const { bytes, lost } = encodeText(words, charset);
        expect(bytesOf(words, charset, lost)).toBe(bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("times", () => {
  const now = Date.UTC(2026, 10, 22, 22, 30);

  it("are in the account's zone, also across midnight", () => {
    const berlin = timesIn("Europe/Berlin", "en");
    const tokyo = timesIn("Asia/Tokyo", "en");
    expect([berlin.clock(now), tokyo.clock(now)]).toEqual(["23:30", "07:30"]);
    expect([berlin.dayOf(now), tokyo.dayOf(now)]).toEqual(["2026-11-22", "2026-11-23"]);
    expect(timesIn("Asia/Kathmandu", "en").clock(now)).toBe("04:15");
  });

  it("name days by how far they are", () => {
    const { dayName, brief } = timesIn("Europe/Berlin", "en-GB");
    const day = 24 * 60 * MINUTE_MS;
    expect([0, 1, 2, 400].map((ago) => dayName(now - ago * day, now))).toEqual([
      "Today",
      "Yesterday",
      expect.stringMatching(/^Friday,? 20 November$/),
      expect.stringMatching(/^Sunday,? 19 October 2025$/),
    ]);
    expect([0, 1, 30, 400].map((ago) => brief(now - ago * day, now))).toEqual(["23:30", "Sat", "24 Oct", "19 Oct 2025"]);
    expect(timesIn("Europe/Moscow", "ru").dayName(now - day, now)).toBe("Вчера");
  });

  it("of a later day than what they belong to name their date", () => {
    const { clockAfter } = timesIn("Europe/Berlin", "en-GB");
    const day = 24 * 60 * MINUTE_MS;
    expect([0, 1, 400].map((ago) => clockAfter(now, now - ago * day))).toEqual(["23:30", "22 Nov, 23:30", "22 Nov 2026, 23:30"]);
  });

  it("take an unknown zone for UTC", () => expect(timesIn("Mars/Olympus", "en").clock(now)).toBe("22:30"));

  it("agree with the calendar for every minute of a change of the clocks", () => {
    const { dayOf } = timesIn("America/Sao_Paulo", "en");
    const plain = new Intl.DateTimeFormat("en-CA", { timeZone: "America/Sao_Paulo", year: "numeric", month: "2-digit", day: "2-digit" });
    // Midnight of 2018-11-04 did not exist there.
    const start = Date.UTC(2018, 10, 4, 2, 0);
    for (let minute = 0; minute < 180; minute += 1)
      expect(dayOf(start + minute * MINUTE_MS)).toBe(plain.format(start + minute * MINUTE_MS));
  });
});

describe("texts that are not sent yet", () => {
  const text = (key: string, part: Partial<UnsentText> = {}): UnsentText => {
    return { key, trackerId: 1, text: "t", choices: [], writtenAt: 0, state: { type: "waiting" }, ...part };
  };

  it("leave when their message is here, and only then", () => {
    const sent = text("a", { state: { type: "sent", id: 7 } });
    expect(withoutStored([sent, text("b"), text("c", { trackerId: 2 })], 1, () => false).map(({ key }) => key)).toEqual(["a", "b"]);
    expect(withoutStored([sent, text("b")], 1, (id) => id === 7).map(({ key }) => key)).toEqual(["b"]);
  });

  it("are tried again while the server remembers their key", () => {
    const hours = 3_600_000;
    expect(waitingTexts([text("a"), text("b", { writtenAt: 2 * hours })], 24 * hours).map(({ key }) => key)).toEqual(["b"]);
  });

  it("come back after a reload: what was on its way is tried again under its key", () => {
    const kept = [
      text("a", { state: { type: "sending" } }),
      text("b", { state: { type: "refused", code: 7 } }),
      text("c", { state: { type: "sent", id: 1 } }),
    ];
    expect(revived(JSON.parse(JSON.stringify(kept))).map(({ key, state }) => [key, state.type])).toEqual([
      ["a", "waiting"],
      ["b", "refused"],
    ]);
    for (const rubbish of [null, 7, {}, [null], [{ key: 1 }], [{ ...text("a"), state: null }]]) expect(revived(rubbish)).toEqual([]);
  });
});

describe("templates", () => {
  it("fill in what they know and leave the rest", () => {
    expect(filledIn("{driver} at {time}: {gate} {tracker}", { driver: "Ada {time}", tracker: "T1", time: "12:00" })).toBe(
      "Ada {time} at 12:00: {gate} T1",
    );
  });

  it("are one a line, each once, within bounds", () => {
    expect(templatesOf(" a \n\nb\na\n")).toEqual(["a", "b"]);
    const many = Array.from({ length: 99 }, (_, index) => `${index} ${"x".repeat(2_000)}`).join("\n");
    expect(templatesOf(many)).toHaveLength(TEMPLATES.most);
    expect(templatesOf(many)[0]).toHaveLength(TEMPLATES.characters);
  });
});
