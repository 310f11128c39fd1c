/** What small protocols are made of: parts and previews of texts, settings, explanations, and a device that says one thing at a time. */
import { describe, expect, it } from "vitest";
import {
  badFrame,
  beginsLike,
  type Codec,
  type DeviceManner,
  type DeviceOptions,
  type DeviceOutput,
  explainReading,
  LineFramer,
  oneLine,
  PLAIN_CHAT,
  previewOf,
  simulatedDevice,
  splitLine,
  taggedParts,
  textProfile,
} from "../../src/core/index.ts";

const SECOND = 1_000;
const SETTINGS = { charset: "ascii", maxBytes: 20 } as const;

describe("texts", () => {
  it("become one line", () => {
    expect(oneLine("a\r\nb\nc\0d\u0085e\u2028f")).toBe("a b c d e f");
  });

  it("go out in parts with one tag after the other", () => {
    const order = { type: "text", text: "Take the second road\non the left", urgent: false, tag: 7 } as const;
    const encoded = taggedParts(order, SETTINGS, (text, tag) => Buffer.from(`${tag}:${text}`));
    expect(encoded.type === "parts" && encoded.parts.map(({ bytes, tag }) => [tag, bytes.toString()])).toEqual([
      ["7", "7:Take the second road"],
      ["8", "8: on the left"],
    ]);
    expect(previewOf(splitLine(order.text, SETTINGS), SETTINGS)).toEqual({
      charset: "ascii",
      bytesPerPart: 20,
      parts: 2,
      lost: [],
      empty: false,
    });
  });

  it.each(["", " \r\n ", "привет"])("are refused when nothing of them is left: %j", (text) => {
    const refused = { type: "refused", reason: "nothing of this text can be written in ascii" };
    expect(taggedParts({ type: "text", text, urgent: false, tag: 1 }, SETTINGS, (bytes) => bytes)).toEqual(refused);
    expect(previewOf(splitLine(text, SETTINGS), SETTINGS).empty).toBe(true);
  });
});

describe("a plain profile", () => {
  const capabilities = { ...PLAIN_CHAT, charsets: ["cp1251", "utf8"], maxBytes: 100 } as const;
  const profile = textProfile(capabilities);

  it("has its defaults from the capabilities", () => {
    expect(profile.settings({})).toEqual({ charset: "cp1251", maxBytes: 100 });
    expect(profile.settings({ charset: "utf8", maxBytes: 30 })).toEqual({ charset: "utf8", maxBytes: 30 });
    expect(profile.settings({ charset: "gbk", maxBytes: "many" })).toEqual({ charset: "cp1251", maxBytes: 100 });
    expect(profile.schema["properties"]).toMatchObject({ charset: { enum: ["cp1251", "utf8"] }, maxBytes: { maximum: 100 }, receipts: {} });
  });
});

describe("the first bytes", () => {
  it.each([
    ["", "more"],
    ["HE", "more"],
    ["HELLO", "yes"],
    ["HELLO,1", "yes"],
    ["BYE", "yes"],
    ["HEY", "no"],
    ["\u00c8", "no"],
  ])("%j: %s", (head, detection) => expect(beginsLike(Buffer.from(head, "latin1"), ["HELLO", "BYE"])).toBe(detection));
});

describe("explanations by the codec", () => {
  const codec: Codec = {
    framer: new LineFramer({ maxBytes: 10 }),
    identified: () => undefined,
    encode: () => ({ type: "refused", reason: "" }),
    decode: (frame) =>
      frame.length === 0 ? badFrame("nothing") : { events: [{ type: "hello", scope: "login", key: "1", password: frame.toString() }] },
  };

  it("name what was read, without a secret", () => {
    const explained = explainReading(codec, Buffer.from("rosebud"), "up");
    expect(explained.title).toBe("hello");
    expect(explained.fields).toContainEqual({ name: "hello: key", value: "1" });
    expect(JSON.stringify(explained)).not.toContain("rosebud");
    expect(explainReading(codec, Buffer.alloc(0), "up")).toEqual({ title: "bad", fields: [{ name: "bad: reason", value: "nothing" }] });
  });

  it("show our own bytes as text where they are text", () => {
    expect(explainReading(codec, Buffer.from("SAY 1\r\n"), "down").fields).toEqual([{ name: "bytes", value: "SAY 1" }]);
    expect(explainReading(codec, Buffer.from("c300", "hex"), "down").fields).toEqual([{ name: "bytes", value: "c300" }]);
  });
});

describe("a device that says one thing at a time", () => {
  const OPTIONS: DeviceOptions = {
    deviceId: "1",
    password: null,
    profile: {},
    receipts: "ok",
    lateMs: 5 * SECOND,
    reply: null,
    keepAliveMs: 0,
  };
  const MANNER: DeviceManner = {
    framer: () => new LineFramer({ maxBytes: 20 }),
    login: () => Buffer.from("login\n"),
    text: (text, number) => Buffer.from(`text ${number} ${text}\n`),
    position: () => Buffer.from("here\n"),
    receipt: (tag, outcome) => (outcome === "garbled" ? null : Buffer.from(`${outcome} ${tag}\n`)),
    hear(frame) {
      const [word, tag = null, ...words] = frame.toString().split(" ");
      if (word === "welcome" || word === "taken") return { type: word };
      if (word === "no") return { type: "refused", reason: "no" };
      return word === "say" ? { type: "text", text: words.join(" "), tag } : { type: "puzzled", reason: frame.toString() };
    },
  };

  function device(options: Partial<DeviceOptions> = {}) {
    const made = simulatedDevice({ ...OPTIONS, ...options }, MANNER);
    return {
      made,
      hear: (line: string, now = 0) => said(made.received(Buffer.from(`${line}\n`), now)),
      online() {
        made.connected(0);
        return said(made.received(Buffer.from("welcome\n"), 0));
      },
    };
  }

  function said(outputs: readonly DeviceOutput[]): readonly string[] {
    return outputs.map((output) => {
      if (output.type === "write") return `> ${output.bytes.toString().trim()}`;
      return "text" in output ? `${output.type} ${output.text}` : "reason" in output ? `${output.type} ${output.reason}` : output.type;
    });
  }

  it("logs in, and says nothing else before it is welcome", () => {
    const { made, hear } = device();
    expect(said(made.connected(0))).toEqual(["> login"]);
    expect(made.say("hello", 0)).toEqual([]);
    expect(hear("welcome")).toEqual(["online", "> text 1 hello"]);
    expect(hear("taken")).toEqual(["acknowledged hello"]);
    expect(hear("taken")).toEqual(["puzzled an answer out of turn"]);
  });

  it("is refused", () => {
    const { made, hear } = device();
    made.connected(0);
    expect(hear("no")).toEqual(["refused no"]);
    expect(made.deadline).toBeNull();
  });

  it("waits for each answer, repeats, hangs up, and says what was not taken over the next line", () => {
    const { made, online } = device();
    online();
    expect(said(made.say("one", 0))).toEqual(["> text 1 one"]);
    expect(made.say("two", 0)).toEqual([]);
    for (let turn = 0; turn < 3; turn += 1) expect(said(made.tick(made.deadline ?? 0))).toEqual(["> text 1 one"]);
    expect(said(made.tick(made.deadline ?? 0))).toEqual(["hangup no answer to a text"]);
    expect(made.deadline).toBeNull();
    expect(online()).toEqual(["online", "> text 1 one"]);
    expect(said(made.received(Buffer.from("taken\n"), 0))).toEqual(["acknowledged one", "> text 2 two"]);
  });

  it("keeps alive, and a position is acknowledged", () => {
    const { made, online, hear } = device({ keepAliveMs: 30 * SECOND });
    online();
    expect(made.deadline).toBe(30 * SECOND);
    expect(said(made.tick(30 * SECOND))).toEqual(["> here"]);
    expect(hear("taken", 30 * SECOND)).toEqual(["acknowledged-position"]);
    expect(made.deadline).toBe(60 * SECOND);
  });

  it.each([
    ["ok", ["shown hello", "> accepted 7"]],
    ["silent", ["shown hello"]],
    ["reject", ["> rejected 7"]],
    ["late", ["shown hello"]],
    ["duplicate", ["shown hello", "> accepted 7", "> accepted 7"]],
    ["wrong-tag", ["shown hello", "> accepted 8"]],
    ["garbled", []],
  ] as const)("treats a text as its mode says: %s", (receipts, expected) => {
    const { made, online, hear } = device({ receipts });
    online();
    expect(hear("say 7 hello", SECOND)).toEqual(expected);
    expect(made.deadline).toBe(receipts === "late" ? 6 * SECOND : null);
    expect(said(made.tick(6 * SECOND))).toEqual(receipts === "late" ? ["> accepted 7"] : []);
  });

  it("shows a repeated text once, acknowledges it again, and replies once", () => {
    const { online, hear } = device({ reply: "on my way" });
    online();
    expect(hear("say 7 hello")).toEqual(["shown hello", "> accepted 7", "> text 1 on my way"]);
    expect(hear("say 7 hello")).toEqual(["> accepted 7"]);
  });

  it("does not keep late receipts for another line", () => {
    const { made, online, hear } = device({ receipts: "late" });
    online();
    hear("say 7 hello");
    online();
    expect(made.tick(60 * SECOND)).toEqual([]);
  });

  it("is puzzled by what it does not know", () => {
    const { online, hear } = device();
    online();
    expect(hear("what")).toEqual(["puzzled what"]);
    expect(hear("x".repeat(30))).toEqual(["puzzled line too long"]);
  });
});
