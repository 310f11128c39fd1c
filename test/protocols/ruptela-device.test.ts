/** The simulated tracker against the real session: every duty of the specification's page. */
import { describe, expect, it } from "vitest";
import { ANSWER_MS } from "../../protocols/ruptela/device-sender.ts";
import { ruptela } from "../../protocols/ruptela/index.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";
import { bytesOf, IMEI } from "./page-frames.ts";

const SECOND = 1_000;
const OPTIONS: DeviceOptions = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 };

function talk(options: Partial<DeviceOptions> = {}, profile: Readonly<Record<string, unknown>> = {}): CarrierConversation {
  const conversation = new CarrierConversation(ruptela, { deviceId: IMEI, ...options, profile: { console: true, ...profile } });
  conversation.connect();
  expect(conversation.kinds()[0]).toBe("online");
  return conversation;
}

function writes(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("hex")] : []));
}

describe("login", () => {
  it("is an identification, and its answer", () => {
    expect(talk().kinds()).toEqual(["online"]);
  });

  it("is records with older firmware", () => {
    expect(talk({}, { identification: false }).kinds()).toEqual(["online", "acknowledged-position"]);
  });

  it("is repeated, and given up after three tries", () => {
    const device = ruptela.device(OPTIONS);
    const [first] = writes(device.connected(0));
    expect(writes(device.tick(ANSWER_MS))).toEqual([first]);
    expect(writes(device.tick(2 * ANSWER_MS))).toEqual([first]);
    expect(device.tick(3 * ANSWER_MS)).toMatchObject([{ type: "hangup" }]);
    expect(device.deadline).toBeNull();
  });

  it("of an id that is no number is not simulated", () => {
    expect(() => ruptela.device({ ...OPTIONS, deviceId: "truck" })).toThrow(RangeError);
  });
});

describe("records", () => {
  it.each(["records", "extended"])("%s are taken, one packet at a time", (records) => {
    const conversation = talk({}, { records, count: 3 });
    for (let turn = 0; turn < 3; turn += 1) conversation.position();
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position", "acknowledged-position", "acknowledged-position"]);
    expect(conversation.notes).toEqual([]);
  });

  it("that are refused go out again at once", () => {
    const device = ruptela.device(OPTIONS);
    device.connected(0);
    device.received(bytesOf("00027301cb25"), 0);
    const [packet] = writes(device.position(0));
    expect(writes(device.received(bytesOf("000264000235"), 0))).toEqual([packet]);
    expect(device.received(bytesOf("0002640113bc"), 0)).toEqual([{ type: "acknowledged-position" }]);
  });

  it("without an answer come again, also over the next link", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.position();
    conversation.wait(3 * ANSWER_MS);
    expect(conversation.kinds().at(-1)).toBe("hangup");
    conversation.connect();
    expect(conversation.kinds().slice(-2)).toEqual(["online", "acknowledged-position"]);
  });

  it("and heartbeats share the line", () => {
    const conversation = talk({ keepAliveMs: 60 * SECOND });
    conversation.wait(600 * SECOND);
    expect(conversation.written).toHaveLength(11);
    conversation.position();
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position"]);
  });
});

describe("commands", () => {
  const settled = (receipts: DeviceOptions["receipts"], ms: number): readonly string[] => {
    const conversation = talk({ receipts });
    conversation.send(1, "getver");
    conversation.wait(ms);
    return [...conversation.settled(), ...conversation.stored];
  };

  it("are replied to in every mode of receipts", () => {
    for (const receipts of ["ok", "duplicate", "wrong-tag"] as const)
      expect(settled(receipts, SECOND)).toEqual(["delivered 1", "getver ok"]);
    expect(settled("reject", SECOND)).toEqual(["delivered 1", "unknown command"]);
    for (const receipts of ["silent", "garbled"] as const) expect(settled(receipts, 59 * SECOND)).toEqual([]);
    expect(settled("late", 19 * SECOND)).toEqual([]);
    expect(settled("late", 20 * SECOND)).toEqual(["delivered 1", "getver ok"]);
  });

  it("are settled in their order, each by its own reply", () => {
    const conversation = talk({}, { replyMs: 3 * SECOND });
    for (let id = 1; id <= 4; id += 1) conversation.send(id, `set${id} 1`);
    conversation.wait(12 * SECOND);
    expect(conversation.settled()).toEqual(["delivered 1", "delivered 2", "delivered 3", "delivered 4"]);
    expect(conversation.stored).toEqual(["set1 ok", "set2 ok", "set3 ok", "set4 ok"]);
  });

  it("are shown with their prefix", () => {
    const conversation = talk({}, { prefix: "pass " });
    conversation.send(1, "getver");
    expect(conversation.shown()).toEqual(["pass getver"]);
  });

  it("that come damaged puzzle it, nobody types, and nonsense ends the link", () => {
    const device = ruptela.device(OPTIONS);
    device.connected(0);
    expect(device.received(bytesOf("000b6c20536574696f20322c310000"), 0)).toMatchObject([{ type: "puzzled" }]);
    expect(device.say("Hello", 0)).toMatchObject([{ type: "puzzled" }]);
    expect(device.received(bytesOf("0002660100"), 0)).toEqual([]);
    expect(device.received(bytesOf("00ffff"), 0)).toMatchObject([{ type: "puzzled" }, { type: "hangup" }]);
  });
});
