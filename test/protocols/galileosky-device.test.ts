/** The simulated tracker against the real session: every duty of the specification's page. */
import { describe, expect, it } from "vitest";
import { ANSWER_MS } from "../../protocols/galileosky/device-sender.ts";
import { galileosky } from "../../protocols/galileosky/index.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";
import { bytesOf, IMEI } from "./page-frames.ts";

const SECOND = 1_000;
const OPTIONS: DeviceOptions = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 };

function talk(options: Partial<DeviceOptions> = {}, profile: Readonly<Record<string, unknown>> = { console: true }): CarrierConversation {
  const conversation = new CarrierConversation(galileosky, { deviceId: IMEI, ...options, profile }, { epoch: Date.UTC(2026, 10, 22) });
  conversation.connect();
  expect(conversation.kinds()[0]).toBe("online");
  return conversation;
}

function writes(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("hex")] : []));
}

describe("packs", () => {
  it("the head pack is repeated until it is confirmed, and given up after three tries", () => {
    const device = galileosky.device(OPTIONS);
    const [first] = writes(device.connected(0));
    expect(writes(device.position(0))).toEqual([]);
    expect(writes(device.tick(ANSWER_MS))).toEqual([first]);
    expect(writes(device.tick(2 * ANSWER_MS))).toEqual([first]);
    expect(device.tick(3 * ANSWER_MS)).toMatchObject([{ type: "hangup" }]);
    expect(device.deadline).toBeNull();
    expect(device.tick(4 * ANSWER_MS)).toEqual([]);
  });

  it("a wrong checksum back makes it repeat at once", () => {
    const device = galileosky.device(OPTIONS);
    const [first = ""] = writes(device.connected(0));
    expect(device.received(bytesOf("02ffff"), 0)).toMatchObject([{ type: "puzzled" }, { type: "write" }]);
    expect(device.received(bytesOf(`02${first.slice(-4)}`), 0)).toEqual([{ type: "online" }]);
  });

  it.each(["main", "compressed", "photo"])("%s packs are confirmed", (packs) => {
    const conversation = talk({}, { packs });
    for (let turn = 0; turn < 3; turn += 1) conversation.position();
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position", "acknowledged-position", "acknowledged-position"]);
    expect(conversation.notes).toEqual([]);
    expect(conversation.written.at(-1)?.[0]).toBe(packs === "photo" ? 7 : 2);
  });

  it("without a confirmation come again over the next link, behind a new head pack", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.position();
    conversation.wait(3 * ANSWER_MS);
    expect(conversation.kinds().at(-1)).toBe("hangup");
    conversation.connect();
    expect(conversation.kinds().slice(-2)).toEqual(["online", "acknowledged-position"]);
  });

  it("come by themselves", () => {
    const conversation = talk({ keepAliveMs: 60 * SECOND });
    conversation.wait(180 * SECOND);
    expect(conversation.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(3);
  });

  it("of an id that is no IMEI are not simulated", () => {
    expect(() => galileosky.device({ ...OPTIONS, deviceId: "truck" })).toThrow(RangeError);
  });
});

describe("commands", () => {
  const settled = (receipts: DeviceOptions["receipts"], ms: number, profile: Readonly<Record<string, unknown>> = {}): readonly string[] => {
    const conversation = talk({ receipts }, { console: true, ...profile });
    conversation.send(1, "status");
    conversation.wait(ms);
    expect(conversation.kinds()).not.toContain("puzzled");
    return [...conversation.settled(), ...conversation.stored];
  };

  it("are replied to in every mode of receipts", () => {
    for (const receipts of ["ok", "duplicate"] as const) expect(settled(receipts, SECOND)).toEqual(["delivered 1", "status: OK"]);
    expect(settled("reject", SECOND)).toEqual(["delivered 1", "Unknown command"]);
    for (const receipts of ["silent", "garbled"] as const) expect(settled(receipts, 14 * SECOND)).toEqual([]);
    expect(settled("wrong-tag", 14 * SECOND)).toEqual(["status: OK"]);
    const late = settled("late", 40 * SECOND);
    expect(late).toContain("delivered 1");
    expect(late.filter((text) => text === "status: OK")).toHaveLength(1);
    expect(settled("ok", SECOND, { replyNumber: "zero" })).toEqual(["status: OK"]);
  });

  it("take their time, and wait their turn behind packs", () => {
    const conversation = talk({}, { console: true, replyMs: 3 * SECOND });
    conversation.send(1, "status");
    conversation.wait(2_999);
    expect(conversation.settled()).toEqual([]);
    conversation.position();
    conversation.wait(1);
    expect(conversation.settled()).toEqual(["delivered 1"]);
  });

  it("are for their own device only", () => {
    const device = galileosky.device(OPTIONS);
    const [head = ""] = writes(device.connected(0));
    device.received(bytesOf(`02${head.slice(-4)}`), 0);
    const foreign = "01200003383635393035303231323334353637040000e001100000e106737461747573272b";
    expect(device.received(bytesOf(foreign), 0)).toEqual([{ type: "puzzled", reason: "a command for another device" }]);
    const own = "01200003313233343536373839303132333435040000e000000000e1067374617475731f64";
    expect(device.received(bytesOf(own), 0)).toEqual([{ type: "shown", text: "status", tag: "0" }]);
    expect(device.received(bytesOf(`${own.slice(0, -4)}0000`), 0)).toMatchObject([{ type: "puzzled" }]);
    expect(device.say("Hello", 0)).toMatchObject([{ type: "puzzled" }]);
    expect(device.received(bytesOf("06080010a1020500581003f4d1"), 0).at(-1)).toMatchObject({ type: "puzzled" });
    expect(device.received(bytesOf("01ffff"), 0)).toMatchObject([{ type: "hangup" }]);
  });

  it("whose reply is not stored are replied to again", () => {
    const conversation = talk();
    conversation.send(1, "status");
    conversation.storeDown = true;
    conversation.wait(SECOND);
    expect(conversation.stored).toEqual([]);
    conversation.storeDown = false;
    conversation.wait(ANSWER_MS);
    expect(conversation.stored).toEqual(["status: OK"]);
    expect(conversation.settled()).toEqual(["delivered 1"]);
  });
});

describe("a Garmin behind the tunnel", () => {
  const GARMIN = { inner: "garmin-fmi", fmiResendSeconds: 5 };

  it.each([
    ["with its serial framing", {}],
    ["without, under another head", { tunnelFraming: "bare", tunnelHead: 9 }],
  ])("%s is a chat", (_name, tunnel) => {
    const conversation = talk({ reply: "On my way" }, { ...GARMIN, ...tunnel });
    conversation.wait(SECOND);
    conversation.send(1, "Привет 🚚");
    conversation.send(2, "Arrived?", { choices: ["yes", "no"] });
    conversation.choose(1);
    conversation.say("Hello");
    conversation.position();
    expect(conversation.shown()).toEqual(["Привет 🚚", "Arrived?"]);
    expect(conversation.settled()).toEqual(expect.arrayContaining(["delivered 1", "read 1", "delivered 2"]));
    expect(conversation.stored).toEqual(expect.arrayContaining(["On my way", "no", "Hello"]));
    expect(conversation.answered).toContain("2:1");
    expect(conversation.kinds()).not.toContain("puzzled");
    expect(conversation.notes).toEqual([]);
  });

  it("gets its texts once the link is there again", () => {
    const conversation = talk({}, GARMIN);
    conversation.wait(SECOND);
    conversation.deaf = true;
    conversation.send(1, "Hello driver");
    conversation.connect();
    conversation.wait(60 * SECOND);
    expect(conversation.settled()).toContain("delivered 1");
    expect(conversation.shown()).toEqual(["Hello driver"]);
  });

  it("does not keep the interpreter from running, whose words are no texts then", () => {
    const conversation = talk({}, { ...GARMIN, console: true });
    conversation.wait(SECOND);
    conversation.send(1, "status");
    expect(conversation.shown()).toEqual(["status"]);
    expect(conversation.stored).toEqual([]);
    expect(conversation.settled()).toContain("delivered 1");
  });
});
