/** JT/T 808: whatever profile the schema allows, a device logs in and is spoken to. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventList } from "../../protocols/jt808/device-events.ts";
import { EVENT_LIST } from "../../protocols/jt808/layout.ts";
import { CHARSETS, PROFILE_SCHEMA } from "../../protocols/jt808/profile.ts";
import { Conversation } from "./jt808-conversation.ts";
import { bytesOf, headerOf, LONG, loggedIn, SHORT } from "./jt808-frames.ts";

interface QuickReplies {
  readonly maxItems: number;
  readonly items: { readonly maxLength: number };
}

/** The bodies of the 0x8301 that follow a login. */
function listsOf(profile: Readonly<Record<string, unknown>>): readonly Buffer[] {
  return (loggedIn(profile).tick?.(0).send ?? []).map((frame) => {
    const { id, body } = headerOf(frame);
    expect(id).toBe(0x8301);
    return body;
  });
}

/** The items of a list by their ids: id, length and words of each stand behind the head. */
function itemsOf(body: Buffer, headBytes: number): readonly (readonly [number, number])[] {
  const items: [number, number][] = [];
  for (let at = headBytes; at < body.length; at += 2 + (body[at + 1] ?? 0)) items.push([body[at] ?? 0, body[at + 1] ?? 0]);
  return items;
}

describe("quick replies", () => {
  it("that one body can hold replace the list at once", () => {
    expect(listsOf({ quickReplies: ["是", "否"] }).map((body) => body.toString("hex"))).toEqual(["01020102cac70202b7f1"]);
  });

  it("that do not fit one body are appended by a second one", () => {
    const [first, second, ...more] = listsOf({ quickReplies: new Array<string>(9).fill("汉".repeat(60)) });
    expect(more).toEqual([]);
    expect(first?.subarray(0, 2).toString("hex")).toBe("0108");
    expect(itemsOf(first ?? Buffer.alloc(0), 2)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => [id, 120]));
    expect(second?.subarray(0, 4).toString("hex")).toBe("02010978");
  });

  it("of 2011 count the items of each message twice", () => {
    const [first, second] = listsOf({ edition: "2011", quickReplies: new Array<string>(9).fill("汉".repeat(60)) });
    expect(first?.subarray(0, 5).toString("hex")).toBe("0108080178");
    expect(second?.subarray(0, 5).toString("hex")).toBe("0201010978");
  });
});

describe("quick replies of the simulated device", () => {
  const words = Array.from({ length: 32 }, (_, index) => `${index + 1}${"汉".repeat(50)}`);

  it.each(["2011", "2013", "2019"])("%s: those of every message may be picked", (edition) => {
    const talk = new Conversation({ profile: { edition, quickReplies: words } });
    talk.connect();
    for (const choice of [0, 31]) talk.choose(choice);
    expect(talk.stored).toEqual([words[0], words[31]]);
    talk.choose(32);
    expect(talk.outputs.at(-1)).toMatchObject({ type: "puzzled" });
    expect(talk.notes).toEqual([]);
  });

  it("come after the answer to a question", () => {
    const talk = new Conversation({ profile: { quickReplies: ["haha"] } });
    talk.connect();
    talk.send(1, "ready?", ["yes"]);
    for (const choice of [0, 0]) talk.choose(choice);
    expect(talk.stored).toEqual(["yes", "haha"]);
  });

  it("are appended and deleted as the platform says", () => {
    const list = new EventList();
    const take = (hex: string): void => list.take(EVENT_LIST["2013"].read(bytesOf(hex)));
    const held = (): readonly number[] => [1, 2, 3].filter((id) => list.has(id));
    for (const [hex, ids] of [
      ["0102010161020162", [1, 2]],
      ["0201030163", [1, 2, 3]],
      ["0301020164", [1, 2, 3]],
      ["04010200", [1, 3]],
      ["00", []],
    ] as const) {
      take(hex);
      expect(held()).toEqual(ids);
    }
  });
});

describe("every profile of the schema", () => {
  it("lets a device log in, and be sent a text and a question", () => {
    const flag = fc.integer({ min: 0, max: 255 });
    const { maxItems, items } = (PROFILE_SCHEMA["properties"] as { quickReplies: QuickReplies }).quickReplies;
    const words = fc.constantFrom("a", "汉", "\u{20000}", "€", "\0").map((character) => character.repeat(items.maxLength));
    const profile = fc.record({
      edition: fc.constantFrom("auto", "2011", "2013", "2019"),
      charset: fc.constantFrom(...CHARSETS),
      maxBytes: fc.constantFrom(20, 500, 1021),
      tts: fc.boolean(),
      flags: fc.option(fc.record({ normal: flag, urgent: flag })),
      textType: flag,
      questions: fc.option(fc.boolean()),
      questionFlags: fc.option(flag),
      quickReplies: fc.array(words, { maxLength: maxItems }),
    });
    const text = fc
      .constantFrom("a", "汉", "\u{20000}")
      .chain((character) => fc.constantFrom(0, 30, 600).map((count) => character.repeat(count + 1)));
    fc.assert(
      fc.property(profile, text, fc.array(text, { minLength: 1, maxLength: 3 }), fc.boolean(), (settings, said, choices, long) => {
        const codec = loggedIn(settings, long ? LONG : SHORT);
        const lists = (codec.tick?.(0).send ?? []).map((frame) => headerOf(frame).body);
        const ids = lists.flatMap((body) => itemsOf(body, settings.edition === "2011" ? 3 : 2).map(([id]) => id));
        expect(ids).toEqual(settings.quickReplies.map((_words, index) => index + 1));
        codec.encode({ type: "text", text: said, urgent: long, tag: 1 });
        codec.encode({ type: "question", text: said, urgent: long, tag: 2, choices });
      }),
      { numRuns: 60 },
    );
  });
});

describe("the byte order of UTF-16", () => {
  it.each(["be", "le"])("%s is that of device and gateway, and leaves GBK alone", (ucs2) => {
    const talk = new Conversation({ profile: { ucs2 } });
    talk.connect();
    for (const text of ["收到", "👍"]) talk.say(text);
    expect(talk.stored).toEqual(["收到", "👍"]);
  });

  it("of a device that swaps it makes another text", () => {
    const talk = new Conversation({ profile: { ucs2: "le" } }, {}, {});
    talk.connect();
    for (const text of ["收到", "👍"]) talk.say(text);
    expect(talk.stored).toEqual(["收到", Buffer.from("👍", "utf16le").swap16().toString("utf16le").toWellFormed()]);
  });
});

it("a simulated device rejects with the result that its profile names", () => {
  const talk = new Conversation({ receipts: "reject", profile: { rejectResult: 3 } }, {}, {});
  talk.connect();
  talk.send(1, "text");
  expect(talk.settlements).toMatchObject([{ type: "rejected", reason: "unsupported" }]);
});
