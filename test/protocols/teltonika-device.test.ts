/** The simulated tracker against the real session: every duty of the specification's page. */
import { describe, expect, it } from "vitest";
import { ANSWER_MS } from "../../protocols/teltonika/device.ts";
import { teltonika } from "../../protocols/teltonika/index.ts";
import { readUnit } from "../../protocols/teltonika/wire.ts";
import type { DeviceOptions, DeviceOutput, SimulatedDevice } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const IMEI = "356307042441013";
const SECOND = 1_000;
const OPTIONS: DeviceOptions = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 };

function talk(options: Partial<DeviceOptions> = {}): CarrierConversation {
  const conversation = new CarrierConversation(teltonika, { deviceId: IMEI, ...options });
  conversation.connect();
  expect(conversation.kinds()).toEqual(["online"]);
  return conversation;
}

function online(profile: Readonly<Record<string, unknown>> = {}, options: Partial<DeviceOptions> = {}): SimulatedDevice {
  const device = teltonika.device({ ...OPTIONS, ...options, profile });
  device.connected(0);
  expect(device.received(Buffer.of(1), 0)).toContainEqual({ type: "online" });
  return device;
}

function writes(outputs: readonly DeviceOutput[]): readonly Buffer[] {
  return outputs.flatMap((output) => (output.type === "write" ? [output.bytes] : []));
}

describe("login and records", () => {
  it.each([
    ["8", 1],
    ["8e", 3],
    ["16", 255],
  ])("codec %s, %i records a packet, each acknowledged", (avl, records) => {
    const conversation = talk({ profile: { avl, records, ping: true } });
    for (let turn = 0; turn < 3; turn += 1) conversation.position();
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position", "acknowledged-position", "acknowledged-position"]);
    expect(conversation.notes).toEqual([]);
  });

  it("are sent again over the next link when no count came", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.position();
    conversation.wait(ANSWER_MS);
    expect(conversation.kinds().at(-1)).toBe("hangup");
    conversation.connect();
    expect(conversation.kinds()).toContain("acknowledged-position");
  });

  it("come by themselves", () => {
    const conversation = talk({ keepAliveMs: 10 * SECOND });
    conversation.wait(35 * SECOND);
    expect(conversation.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(3);
  });

  it("a wrong count makes the device send all of them again", () => {
    const device = online({ records: 2 });
    const [packet] = writes(device.position(0));
    expect(writes(device.received(Buffer.from("00000001", "hex"), 0))).toEqual([packet]);
    expect(device.received(Buffer.from("00000002", "hex"), 0)).toEqual([{ type: "acknowledged-position" }]);
  });

  it("00 refuses it, anything else makes it hang up", () => {
    const device = teltonika.device(OPTIONS);
    device.connected(0);
    expect(device.received(Buffer.of(0), 0)).toEqual([{ type: "refused", reason: "login answered 00" }]);
    device.connected(0);
    expect(device.received(Buffer.of(7), 0)).toMatchObject([{ type: "hangup" }]);
  });

  it("stray bytes end the link: its reader never finds its way back", () => {
    expect(online().received(Buffer.from("00000001", "hex"), 0)).toEqual([
      { type: "hangup", reason: "CODEC12 ERROR in state 0, ZEROES MISSING" },
    ]);
  });
});

describe("the port", () => {
  it.each([
    [12, 6],
    [13, 5],
    [15, 11],
  ])("codec %i, type %i carries the driver's texts", (upCodec, upType) => {
    const conversation = talk({ profile: { upCodec, upType } });
    conversation.say("On my way");
    conversation.wait(2 * SECOND);
    expect(conversation.stored).toEqual(["On my way"]);
    expect(conversation.acknowledged()).toEqual(["On my way"]);
  });

  it("records and texts share the line without a stray byte", () => {
    const conversation = talk({ reply: "ok" });
    for (let turn = 1; turn <= 5; turn += 1) {
      conversation.position();
      conversation.send(turn, `text ${turn}`);
      conversation.say(`words ${turn}`);
      conversation.position();
      conversation.wait(2 * SECOND);
    }
    expect(conversation.kinds()).not.toContain("hangup");
    expect(conversation.kinds()).not.toContain("puzzled");
    expect(conversation.shown()).toEqual([1, 2, 3, 4, 5].map((turn) => `text ${turn}`));
    expect(conversation.stored.filter((text) => text.startsWith("words"))).toHaveLength(5);
  });

  it("a message while records wait for their count is lost", () => {
    const device = online();
    device.position(0);
    const codec = teltonika.connect();
    codec.identified({ trackerId: 1, deviceId: IMEI, profile: {}, secret: null });
    const encoded = codec.encode({ type: "text", text: "too early", urgent: false, tag: 1 });
    if (encoded.type === "refused") throw new Error(encoded.reason);
    expect(device.received(encoded.parts[0].bytes, 0)).toMatchObject([{ type: "puzzled" }]);
  });
});

describe("commands", () => {
  const settled = (receipts: DeviceOptions["receipts"], commands: string, ms = 0): readonly string[] => {
    const conversation = talk({ receipts, profile: { inner: "none", console: true, commands } });
    conversation.wait(2 * SECOND);
    conversation.send(1, "getinfo");
    conversation.wait(ms);
    return [...conversation.settled(), ...conversation.stored];
  };

  it.each(["codec12", "codec14"])("%s: run, answered, and the answer is a text", (commands) => {
    expect(settled("ok", commands)).toEqual(["delivered 1", "getinfo: done"]);
    expect(settled("duplicate", commands)).toEqual(["delivered 1", "getinfo: done"]);
    expect(settled("silent", commands, 14 * SECOND)).toEqual([]);
    expect(settled("late", commands, 25 * SECOND)).toContain("delivered 1");
  });

  it("codec 14 can be refused", () => {
    expect(settled("reject", "codec14")).toEqual(["rejected 1"]);
    expect(settled("reject", "codec12")).toEqual([]);
  });

  it("of another device's IMEI are refused with type 11", () => {
    const device = online({ inner: "none" });
    const [nack] = writes(device.received(Buffer.from("00000000000000160E01050000000E0352093081452251676574766572010000D2C1", "hex"), 0));
    expect(readUnit(nack ?? Buffer.alloc(0))).toMatchObject({ kind: "message", message: { codec: 0x0e, type: 0x11, imei: IMEI } });
  });
});
