/** The simulated terminal against the real session: every duty of the specification's page. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Jt808Device } from "../../protocols/jt808/device.ts";
import type { Header } from "../../protocols/jt808/header.ts";
import { ID, resendBody } from "../../protocols/jt808/messages.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { Conversation } from "./jt808-conversation.ts";
import { headerOf, LONG, message, SHORT } from "./jt808-frames.ts";

const OPTIONS: DeviceOptions = {
  deviceId: "13912345678",
  password: "s3cret",
  profile: {},
  receipts: "ok",
  lateMs: 20_000,
  reply: null,
  keepAliveMs: 0,
};
const SECOND = 1_000;

function sent(outputs: readonly DeviceOutput[]): readonly (Header & { readonly body: Buffer })[] {
  return outputs.flatMap((output) => (output.type === "write" ? [headerOf(output.bytes)] : []));
}

function ids(outputs: readonly DeviceOutput[]): readonly number[] {
  return sent(outputs).map(({ id }) => id);
}

function connected(options: Partial<DeviceOptions> = {}, extras = {}): Conversation {
  const talk = new Conversation(options, extras);
  talk.connect();
  expect(talk.kinds()).toContain("online");
  return talk;
}

describe("login", () => {
  it.each(["2011", "2013", "2019"])("%s: registers, keeps the code, and authenticates with it ever after", (edition) => {
    const talk = connected({ profile: { edition } });
    expect(ids(talk.outputs)).toEqual([ID.register, ID.auth]);
    talk.connect();
    expect(ids(talk.outputs)).toEqual([ID.register, ID.auth, ID.auth]);
    expect(talk.kinds()).toEqual(["online", "online"]);
  });

  it("with a code of its own does not register", () => {
    expect(ids(connected({ password: "s3cret" }).outputs)).toEqual([ID.auth]);
  });

  it("with a stale code registers anew; with a wrong one of its own gives up", () => {
    const talk = connected();
    talk.secret = "changed";
    talk.connect();
    expect(ids(talk.outputs).slice(2)).toEqual([ID.auth, ID.register, ID.auth]);
    expect(talk.kinds()).toEqual(["online", "online"]);
    const wrong = new Conversation({ password: "wrong" });
    wrong.connect();
    expect(wrong.outputs.at(-1)).toEqual({ type: "refused", reason: "failed" });
  });

  it("is refused when the code is not handed out", () => {
    const talk = new Conversation({}, {}, { handOutCode: false });
    talk.connect();
    expect(talk.outputs.at(-1)).toEqual({ type: "refused", reason: "terminal already registered" });
  });

  it("comes before everything the driver says", () => {
    const talk = new Conversation({});
    talk.say("early");
    expect(talk.outputs).toEqual([]);
    talk.connect();
    expect(talk.stored).toEqual(["early"]);
    expect(talk.acknowledged()).toEqual(["early"]);
  });
});

describe("texts arrive as they were sent", () => {
  it.each([
    ["2013, GBK", {}],
    ["2019, GBK", { edition: "2019" }],
    ["2011, UTF-8", { edition: "2011", charset: "utf8" }],
    ["2019, UTF-16", { edition: "2019", charset: "utf16be" }],
    ["in parts", { maxBytes: 20 }],
  ])("%s", (_name, profile) => {
    const character = fc.constantFrom(..."abc 亇亊收到了吗}~\n测试123");
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 60 }), (characters) => {
        const text = `x${characters.join("")}`;
        const talk = connected({ profile, password: "s3cret" });
        talk.send(1, text);
        expect(talk.shown().join("")).toBe(text);
        expect(talk.settlements.at(-1)).toEqual({ type: "delivered", id: 1, receipt: "device" });
        talk.say(text);
        expect(talk.stored).toEqual([text]);
        expect(talk.acknowledged()).toEqual([text]);
      }),
      { numRuns: 40 },
    );
  });

  it("a reply follows each", () => {
    const talk = connected({ reply: "ok" });
    talk.send(1, "one");
    talk.send(2, "two");
    expect(talk.stored).toEqual(["ok", "ok"]);
  });
});

describe("receipts", () => {
  const settled = (receipts: DeviceOptions["receipts"], ms = 0): readonly string[] => {
    const talk = connected({ receipts });
    talk.send(1, "text");
    talk.wait(ms);
    return [...talk.settlements.map(({ type }) => type), ...talk.notes];
  };

  it("ok, and twice", () => {
    expect(settled("ok")).toEqual(["delivered"]);
    expect(settled("duplicate")).toEqual(["delivered", "stray-receipt"]);
  });

  it("refused", () => {
    expect(settled("reject")).toEqual(["rejected"]);
    expect(settled("garbled")).toEqual(["rejected"]);
  });

  it("late: the text was sent again, is shown once and delivered once", () => {
    const talk = connected({ receipts: "late" });
    talk.send(1, "text");
    talk.wait(60 * SECOND);
    expect(talk.shown()).toEqual(["text"]);
    expect(talk.settlements.filter(({ type }) => type === "delivered")).toHaveLength(1);
  });

  it("never, or for something else: nothing is delivered", () => {
    expect(settled("silent", 20 * SECOND)).not.toContain("delivered");
    expect(settled("wrong-tag", 10 * SECOND)).toEqual(["stray-receipt"]);
  });
});

describe("questions", () => {
  it.each([
    ["2013", {}],
    ["2019", { edition: "2019", questions: true }],
  ])("%s: shown with their answers, and answered", (_name, profile) => {
    const talk = connected({ profile });
    talk.send(1, "到达了吗", ["是", "否"]);
    expect(talk.outputs).toContainEqual({ type: "shown", text: "到达了吗", tag: "1", choices: ["是", "否"] });
    expect(talk.settlements.at(-1)).toMatchObject({ type: "delivered" });
    talk.wait(300 * SECOND);
    talk.choose(1);
    expect(talk.stored).toEqual(["否"]);
    expect(talk.notes).toEqual([]);
    talk.choose(5);
    expect(talk.outputs.at(-1)).toMatchObject({ type: "puzzled" });
  });

  it("an answer without a receipt settles the question too", () => {
    const talk = connected({ receipts: "silent" });
    talk.send(1, "ready?", ["yes"]);
    talk.choose(0);
    expect(talk.settlements.at(-1)).toEqual({ type: "delivered", id: 1, receipt: "device" });
    expect(talk.stored).toEqual(["yes"]);
  });
});

describe("what stays unanswered", () => {
  it("is repeated after 10, 20 and 60 s with the same bytes, then the device hangs up and says it on the next line", () => {
    const talk = connected();
    talk.deaf = true;
    talk.say("lost");
    talk.wait(1_000 * SECOND);
    const texts = talk.outputs.flatMap((output) =>
      output.type === "write" && headerOf(output.bytes).id === ID.vendorText ? [output.bytes] : [],
    );
    expect(texts).toHaveLength(4);
    expect(new Set(texts.map((bytes) => bytes.toString("hex"))).size).toBe(1);
    expect(talk.outputs.at(-1)).toMatchObject({ type: "hangup" });
    talk.connect();
    expect(talk.stored).toEqual(["lost"]);
    expect(
      sent(talk.outputs)
        .filter(({ id }) => id === ID.vendorText)
        .map(({ serial }) => serial),
    ).toEqual(new Array(5).fill(2));
  });

  it("waits T(N+1) = T(N) * (N+1)", () => {
    const device = new Jt808Device(OPTIONS);
    const at: number[] = [];
    for (let out = device.connected(0), now = 0; device.deadline !== null && at.length < 9; out = device.tick(now)) {
      if (out.some(({ type }) => type === "write")) at.push(now);
      now = device.deadline;
    }
    expect(at).toEqual([0, 10 * SECOND, 30 * SECOND, 90 * SECOND]);
  });

  it("is stored once when only the answer was lost", () => {
    const talk = connected();
    talk.mute = true;
    talk.say("once");
    talk.mute = false;
    talk.wait(10 * SECOND);
    expect(talk.acknowledged()).toEqual(["once"]);
    expect(talk.stored).toEqual(["once", "once"]);
  });
});

describe("keep-alive", () => {
  it("alternates positions and heartbeats, one at a time, each answered", () => {
    const talk = connected({ keepAliveMs: 30 * SECOND });
    talk.wait(120 * SECOND);
    expect(ids(talk.outputs).slice(2)).toEqual([ID.position, ID.heartbeat, ID.position, ID.heartbeat]);
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(2);
    talk.position();
    expect(talk.kinds().at(-1)).toBe("acknowledged-position");
    expect(talk.notes).toEqual([]);
  });
});

describe("fragments", () => {
  const LONG_TEXT = "请注意安全驾驶".repeat(30);

  it.each(["2013", "2019"])("%s: a long text of the driver arrives whole", (edition) => {
    const talk = connected({ profile: { edition } }, { fragmentBytes: 50 });
    talk.say(LONG_TEXT);
    expect(talk.stored).toEqual([LONG_TEXT]);
    expect(talk.acknowledged()).toEqual([LONG_TEXT]);
  });

  it("beyond one body it is fragmented without being told", () => {
    const talk = connected();
    talk.say("x".repeat(3_000));
    expect(talk.stored).toEqual(["x".repeat(3_000)]);
  });

  it.each(["2013", "2019"])("%s: a lost one is asked for and sent again, byte for byte", (edition) => {
    const talk = connected({ profile: { edition } }, { fragmentBytes: 50, loseFragment: 3 });
    talk.say(LONG_TEXT);
    expect(talk.stored).toEqual([]);
    talk.wait(5 * SECOND);
    expect(talk.stored).toEqual([LONG_TEXT]);
    expect(talk.acknowledged()).toEqual([LONG_TEXT]);
    const third = sent(talk.outputs).filter(({ fragment }) => fragment?.index === 3);
    expect(third).toHaveLength(1);
  });

  it("of a platform's text are put together; since 2019 missing ones are asked for", () => {
    for (const [edition, address] of [
      ["2013", SHORT],
      ["2019", LONG],
    ] as const) {
      const device = new Jt808Device({ ...OPTIONS, profile: { edition } });
      device.connected(0);
      const piece = (index: number, body: string): Buffer => message(ID.text, body, 20 + index, { address, fragment: { total: 3, index } });
      const head = edition === "2019" ? "\x07\x01" : "\x04";
      device.received(Buffer.concat([piece(1, `${head}one `), piece(3, "three")]), 0);
      const asked = sent(device.tick(5 * SECOND)).filter(({ id }) => id === ID.resendDown);
      expect(asked.map(({ body }) => body)).toEqual(edition === "2019" ? [resendBody(21, [2], 2)] : []);
      expect(device.received(piece(2, "two "), 6 * SECOND)).toContainEqual({ type: "shown", text: "one two three", tag: "21" });
    }
  });
});

describe("other messages of the platform", () => {
  const device = new Jt808Device(OPTIONS);
  device.connected(0);
  const answer = (id: number, body: Buffer | string = ""): readonly number[] =>
    sent(device.received(message(id, body, 4), 0)).map((header) => header.body[4] ?? -1);

  it("are acknowledged when known, and refused with result 3 when not", () => {
    for (const id of [ID.linkTest, ID.menus, ID.information]) expect(answer(id)).toEqual([0]);
    expect(answer(ID.events, "\0")).toEqual([0]);
    expect(answer(ID.transparentDown, "\xf0x")).toEqual([3]);
    expect(answer(ID.question, "\0\xff")).toEqual([2]);
  });

  it("survives any bytes and messages for others", () => {
    expect(device.received(message(ID.text, "\x04hi", 1, { address: { ...SHORT, phone: Buffer.alloc(6) } }), 0)).toMatchObject([
      { type: "puzzled" },
    ]);
    fc.assert(
      fc.property(fc.nat(0xffff), fc.uint8Array({ maxLength: 60 }), (id, body) => {
        device.received(message(id, Buffer.from(body)), 0);
        device.received(Buffer.from(body), 0);
      }),
    );
  });
});

it("a device id must fit the phone field", () => {
  const phoneOf = (deviceId: string, edition: string): string | undefined =>
    sent(new Jt808Device({ ...OPTIONS, deviceId, profile: { edition } }).connected(0))[0]?.address.phone.toString("hex");
  expect(phoneOf("13912345678", "2013")).toBe("013912345678");
  expect(phoneOf("123456789012347", "2013")).toBe("0b3a73ce2ff2");
  expect(phoneOf("123456789012347", "2019")).toBe("00000123456789012347");
  expect(phoneOf("ffffff000001", "2013")).toBe("ffffff000001");
  expect(() => phoneOf("12345678901234", "2013")).toThrow(RangeError);
  expect(() => phoneOf("truck 1", "2019")).toThrow(RangeError);
});
