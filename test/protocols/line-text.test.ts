/** Line text: its grammar, its way through payloads, and a terminal that keeps the convention behind a real carrier. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { innerSettings } from "../../protocols/carried/profile.ts";
import { MAX_LINE_BYTES, readLine, writeLine } from "../../protocols/line-text/grammar.ts";
import { LineInner, lineBytes } from "../../protocols/line-text/inner.ts";
import { Lines } from "../../protocols/line-text/lines.ts";
import { teltonika } from "../../protocols/teltonika/index.ts";
import { type DeviceOptions, oneLine } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const SECOND = 1_000;

function talk(options: Partial<DeviceOptions> = {}): CarrierConversation {
  const conversation = new CarrierConversation(teltonika, { deviceId: "356307042441013", ...options });
  conversation.connect();
  conversation.wait(2 * SECOND);
  return conversation;
}

describe("the grammar", () => {
  it.each([
    ["#7,On my way", { type: "text", token: "7", text: "On my way" }],
    ["#7,#ACK,7", { type: "text", token: "7", text: "#ACK,7" }],
    ["#7,", { type: "text", token: "7", text: "" }],
    ["#ACK,7", { type: "ack", token: "7" }],
    ["#READ,7", { type: "read", token: "7" }],
    ["#NAK,7", { type: "nak", token: "7", reason: "" }],
    ["#NAK,7,full, sorry", { type: "nak", token: "7", reason: "full, sorry" }],
    ["#ACK,7,8", { type: "plain", text: "#ACK,7,8" }],
    ["#ACK,x", { type: "plain", text: "#ACK,x" }],
    ["#GET DATAORDER", { type: "plain", text: "#GET DATAORDER" }],
    ["12345678901,x", { type: "plain", text: "12345678901,x" }],
    ["hello", { type: "plain", text: "hello" }],
  ])("%s", (line, meaning) => {
    expect(readLine(line)).toEqual(meaning);
    if (meaning.type !== "plain") expect(writeLine(meaning as Exclude<ReturnType<typeof readLine>, { type: "plain" }>)).toBe(line);
  });

  it("no text can be anything but one text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a#,ACKN1\r\n\0\u0085\u2028 ") }), fc.nat(99_999), (text, number) => {
        const inner = new LineInner(innerSettings({ maxBytes: 450 }));
        const encoded = inner.encode({ type: "text", text: `x${text}`, urgent: false, tag: number });
        if (encoded.type === "refused") throw new Error(encoded.reason);
        const [{ payload }] = encoded.parts;
        const lines = new Lines("utf8").read(payload);
        expect(lines.map((line) => readLine(line.text))).toEqual([{ type: "text", token: String(number), text: oneLine(`x${text}`) }]);
      }),
    );
  });
});

describe("lines", () => {
  it("come out whole however payloads are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("On my way", "#1,да", "x"), { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (words, size) => {
        const bytes = Buffer.concat(words.map((word) => lineBytes(word, "utf8")));
        const lines = new Lines("utf8");
        const read: string[] = [];
        for (let at = 0; at < bytes.length; at += size) read.push(...lines.read(bytes.subarray(at, at + size)).map(({ text }) => text));
        expect(read).toEqual(words);
      }),
    );
  });

  it("are bounded, and what follows a line that was too long is read again", () => {
    const lines = new Lines("utf8");
    for (let piece = 0; piece < 40; piece += 1) expect(lines.read(Buffer.alloc(100, "x"))).toEqual([]);
    lines.read(Buffer.from("\r\n"));
    expect(lines.read(Buffer.from(`${"y".repeat(MAX_LINE_BYTES + 1)}\r\nshort\r\n`)).map(({ text }) => text)).toEqual(["short"]);
  });

  it("survive any payload", () => {
    const inner = new LineInner(innerSettings({}));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const event of inner.receive(Buffer.from(bytes)).events) expect(event.type).not.toBe("bad");
      }),
    );
  });
});

describe("a terminal behind a carrier", () => {
  it("shows a text, acknowledges it, and says when it was read", () => {
    const conversation = talk();
    conversation.send(1, "Hello driver");
    expect(conversation.shown()).toEqual(["Hello driver"]);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
    expect(conversation.notes).toEqual([]);
  });

  it("shows any text as it was sent, in any charset that has it", () => {
    const character = fc.constantFrom(..."abc Привет,#:;~123");
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 1, maxLength: 80 }),
        fc.constantFrom("utf8", "cp1251"),
        fc.integer({ min: 20, max: 450 }),
        (characters, charset, maxBytes) => {
          const text = `x${characters.join("")}`;
          const conversation = talk({ profile: { charset, maxBytes } });
          conversation.send(1, text);
          expect(conversation.shown().join("")).toBe(text);
          conversation.say(text);
          expect(conversation.stored).toEqual([text]);
          expect(conversation.acknowledged()).toEqual([text]);
        },
      ),
      { numRuns: 40 },
    );
  });

  const settled = (receipts: DeviceOptions["receipts"], ms: number): readonly string[] => {
    const conversation = talk({ receipts });
    conversation.send(1, "text");
    conversation.wait(ms);
    expect(conversation.shown().length).toBeLessThanOrEqual(1);
    return [...conversation.settled(), ...conversation.notes];
  };

  it("in every mode of receipts", () => {
    expect(settled("ok", 0)).toEqual(["delivered 1", "read 1"]);
    expect(settled("duplicate", 0)).toEqual(["delivered 1", "stray-receipt"]);
    expect(settled("reject", 0)).toEqual(["rejected 1"]);
    expect(settled("garbled", 0)).toEqual(["rejected 1"]);
    expect(settled("late", 30 * SECOND)).toContain("delivered 1");
    expect(settled("silent", 20 * SECOND)).toEqual(["lapsed 1"]);
    expect(settled("wrong-tag", 10 * SECOND)).toEqual(["stray-receipt"]);
  });

  it("repeats a text until it is stored, and it is stored once", () => {
    const conversation = talk();
    conversation.storeDown = true;
    conversation.say("On my way");
    expect(conversation.acknowledged()).toEqual([]);
    conversation.storeDown = false;
    conversation.wait(31 * SECOND);
    expect(conversation.acknowledged()).toEqual(["On my way"]);
    conversation.mute = true;
    conversation.say("again");
    conversation.connect();
    conversation.wait(2 * SECOND);
    expect(conversation.stored).toEqual(["On my way", "again"]);
    expect(conversation.acknowledged()).toEqual(["On my way", "again"]);
  });

  it("answers questions by number, and replies when told to", () => {
    const conversation = talk({ reply: "ok" });
    conversation.send(1, "Arrived?", { choices: ["yes", "no"] });
    expect(conversation.shown()).toEqual(["Arrived? 1. yes 2. no"]);
    conversation.choose(1);
    expect(conversation.stored).toEqual(["ok", "2"]);
    expect(conversation.answered).toEqual(["1:1"]);
  });
});
