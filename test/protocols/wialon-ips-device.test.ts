/** The simulated device of Wialon IPS: every duty of the simulator, and the gateway's answers to them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESEND_MS } from "../../protocols/wialon-ips/device.ts";
import { wialonIps } from "../../protocols/wialon-ips/index.ts";
import { Conversation } from "./wialon-ips-conversation.ts";

const delivered = (id: number) => ({ type: "delivered", id, receipt: "device" });

describe("every dialect and habit", () => {
  const cases = ["1.1", "2.0", "2.1", "2.2"].flatMap((version) =>
    [
      { textIn: "M", positions: "SD" },
      { textIn: "D", positions: "D", crc: "short", compressed: "login" },
      { textIn: "B", positions: "B", crc: "0x", compressed: "all" },
      { textIn: "M", positions: "D", lineEnd: "\n", crc: "short" },
    ].map((habits) => ({ version, ...habits })),
  );

  it.each(cases)("$version $textIn $positions $crc $compressed", (profile) => {
    const talk = new Conversation({ profile });
    talk.say("before the login");
    talk.connect();
    talk.send(1, "Где вы?");
    talk.position();
    talk.say("На месте");
    expect(talk.shown()).toEqual(["Где вы?"]);
    expect(talk.stored).toEqual(["before the login", "На месте"]);
    expect(talk.acknowledged()).toEqual(["before the login", "На месте"]);
    expect(talk.kinds()).toContain("acknowledged-position");
    expect(talk.kinds()).not.toContain("puzzled");
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.notes).toEqual([]);
  });

  it.each(["cp1251", "ascii"])("%s on both sides", (charset) => {
    const talk = new Conversation({ profile: { charset } }, { charset });
    talk.connect();
    talk.send(1, charset === "ascii" ? "Gate 5" : "Ворота №5");
    talk.say(charset === "ascii" ? "ok" : "Понял");
    expect(talk.shown()).toEqual([charset === "ascii" ? "Gate 5" : "Ворота №5"]);
    expect(talk.stored).toEqual([charset === "ascii" ? "ok" : "Понял"]);
  });
});

describe("receipts", () => {
  it("silent shows the text and says nothing", () => {
    const talk = new Conversation({ receipts: "silent", reply: "yes" });
    talk.connect();
    talk.send(1, "Hello");
    expect(talk.shown()).toEqual(["Hello"]);
    expect(talk.stored).toEqual(["yes"]);
    expect(talk.settlements).toEqual([]);
  });

  it("late says it after its time", () => {
    const talk = new Conversation({ receipts: "late", lateMs: 14_000 });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(13_999);
    expect(talk.settlements).toEqual([]);
    talk.wait(1);
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.device.deadline).toBeNull();
  });

  it("reject and garbled show nothing", () => {
    for (const receipts of ["reject", "garbled"] as const) {
      const talk = new Conversation({ receipts });
      talk.connect();
      talk.send(1, "Hello");
      expect(talk.shown()).toEqual([]);
      expect(talk.settlements).toMatchObject([{ type: "rejected", id: 1 }]);
    }
  });

  it("duplicate says it twice, the second settles nothing", () => {
    const talk = new Conversation({ receipts: "duplicate" });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(0);
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.notes).toEqual(["stray-receipt"]);
  });
});

describe("stop-and-wait", () => {
  it("sends the next packet after the answer, and each text again only after a reconnect or a minute", () => {
    const device = wialonIps.device({
      deviceId: "1",
      password: "pw",
      profile: { version: "1.1" },
      receipts: "ok",
      lateMs: 0,
      reply: null,
      keepAliveMs: 0,
    });
    const lines = (outputs: ReturnType<typeof device.tick>) =>
      outputs.map((output) => (output.type === "write" ? output.bytes.toString().trim() : output.type));
    expect(lines(device.connected(0))).toEqual(["#L#1;pw"]);
    expect(lines(device.received(Buffer.from("#AL#"), 0))).toEqual([]);
    expect(lines(device.received(Buffer.from("1\r\n"), 0))).toEqual(["online"]);
    expect(lines(device.say("a", 0))).toEqual(["#M#a"]);
    expect(lines(device.say("b", 0))).toEqual([]);
    expect(lines(device.position(0))).toEqual([]);
    expect(lines(device.tick(RESEND_MS - 1))).toEqual([]);
    expect(device.deadline).toBe(RESEND_MS);
    expect(lines(device.tick(RESEND_MS))).toEqual(["#M#a"]);
    expect(lines(device.connected(RESEND_MS))).toEqual(["#L#1;pw"]);
    expect(lines(device.received(Buffer.from("#AL#1\r\n"), 0))).toEqual(["online", "#M#a"]);
    expect(lines(device.received(Buffer.from("#AM#1\r\n"), 0))).toEqual(["acknowledged", "#M#b"]);
    expect(lines(device.received(Buffer.from("#AM#01\r\n"), 0))).toEqual(["#M#b"]);
    expect(lines(device.received(Buffer.from("#AM#01\r\n"), 0))).toEqual(["puzzled"]);
  });

  it("pings in its own time, and a ping that nobody answers does not stop it", () => {
    const talk = new Conversation({ keepAliveMs: 25_000 });
    talk.connect();
    talk.wait(100_000);
    const pings = () => talk.outputs.filter((output) => output.type === "write" && output.bytes.toString() === "#P#\r\n").length;
    expect(pings()).toBe(4);
    talk.deaf = true;
    talk.wait(200_000);
    talk.deaf = false;
    talk.say("still here");
    talk.wait(60_000);
    expect(talk.stored).toEqual(["still here"]);
  });

  it("a refused login is told", () => {
    const device = wialonIps.device({ ...DEVICE, profile: {} });
    device.connected(0);
    expect(device.received(Buffer.from("#AL#01\r\n"), 0)).toEqual([{ type: "refused", reason: "wrong password" }]);
    expect(device.say("waits", 0)).toEqual([]);
  });
});

describe("what the gateway never sends", () => {
  const online = (version = "2.0") => {
    const device = wialonIps.device({ ...DEVICE, profile: { version } });
    device.connected(0);
    device.received(Buffer.from("#AL#1\r\n"), 0);
    return device;
  };

  it("a raw custom message puzzles it and nothing more", () => {
    const device = online();
    expect(device.received(Buffer.from("VER?\r\nreboot\n"), 0).map(({ type }) => type)).toEqual(["puzzled", "puzzled"]);
    expect(device.received(Buffer.from("#M#Hello;EEF2\r\n"), 0)[0]).toEqual({ type: "shown", text: "Hello", tag: null });
  });

  it("firmware and configuration are skipped to the byte", () => {
    const outputs = online().received(Buffer.from("#US#7;0000\r\n#M#no\r\n#UC#2;0000\r\n\n\n#QI#\r\n#M#Hello;EEF2\r\n"), 0);
    expect(outputs.map(({ type }) => type)).toEqual(["shown", "write"]);
  });

  it("a text with a wrong CRC is complained about and not shown", () => {
    const outputs = online().received(Buffer.from("#M#Hello;EEF3\r\n"), 0);
    expect(outputs).toEqual([
      { type: "puzzled", reason: "a text with a wrong CRC" },
      { type: "write", bytes: Buffer.from("#AM#01\r\n") },
    ]);
  });
});

describe("delivery", () => {
  it("the receipt is lost with its line: the text comes again on the next one", () => {
    const talk = new Conversation();
    talk.connect();
    talk.deaf = true;
    talk.send(1, "Hello");
    talk.connect();
    expect(talk.shown()).toEqual(["Hello", "Hello"]);
    expect(talk.settlements).toEqual([delivered(1)]);
  });

  it("a proven device that stays silent loses its line", () => {
    const talk = new Conversation({ receipts: "silent" });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(15_000);
    expect(talk.closed).toBe("no-receipt");
  });

  it("any text arrives as it was written, whole and in order, or is told to be altered", () => {
    const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(words, fc.constantFrom("1.1", "2.0"), fc.constantFrom(20, 1000), (text, version, maxBytes) => {
        const talk = new Conversation({ profile: { version } }, { maxBytes });
        talk.connect();
        talk.send(1, text);
        expect(talk.kinds()).not.toContain("puzzled");
        const { lost, empty, parts } = wialonIps.preview(text, { maxBytes });
        if (empty) {
          expect(talk.settlements).toMatchObject([{ type: "rejected" }]);
          return;
        }
        expect(talk.shown()).toHaveLength(parts);
        if (lost.length === 0 && !/[\p{Control}\u2028\u2029]/u.test(text)) expect(talk.shown().join("")).toBe(text);
        expect(talk.settlements.some(({ type }) => type === "altered")).toBe(lost.length > 0);
        expect(talk.settlements.at(-1)).toEqual(delivered(1));
      }),
    );
  });

  it("any driver's text is stored as it was typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), fc.constantFrom("1.1", "2.0"), (text, version) => {
        fc.pre(text.trim() !== "" && !/[\p{Control}\p{Surrogate}]/u.test(text));
        const talk = new Conversation({ profile: { version } });
        talk.connect();
        talk.say(text);
        expect(talk.stored).toEqual([text]);
        expect(talk.acknowledged()).toEqual([text]);
      }),
    );
  });
});

const DEVICE = { deviceId: "1", password: null, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
