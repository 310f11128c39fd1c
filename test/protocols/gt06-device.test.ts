/** The simulated tracker against the real session: every duty of the specification's page. */
import { describe, expect, it } from "vitest";
import { ANSWER_MS } from "../../protocols/gt06/device-requests.ts";
import { gt06 } from "../../protocols/gt06/index.ts";
import { readPacket } from "../../protocols/gt06/wire.ts";
import type { DeviceOptions, DeviceOutput, SimulatedDevice } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";
import { bytesOf, IMEI } from "./page-frames.ts";

const SECOND = 1_000;
const OPTIONS: DeviceOptions = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 };

function talk(options: Partial<DeviceOptions> = {}, profile: Readonly<Record<string, unknown>> = {}): CarrierConversation {
  const epoch = Date.UTC(2026, 10, 22);
  const conversation = new CarrierConversation(gt06, { deviceId: IMEI, ...options, profile: { console: true, ...profile } }, { epoch });
  conversation.connect();
  expect(conversation.kinds()).toEqual(["online"]);
  return conversation;
}

function writes(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("hex")] : []));
}

function tick(device: SimulatedDevice): readonly DeviceOutput[] {
  return device.tick(device.deadline ?? 0);
}

describe("login", () => {
  it.each(["long", "short"])("%s", (login) => {
    expect(talk({}, { login }).notes).toEqual([]);
  });

  it("is tried three times, 5 s apart, then the tracker restarts", () => {
    const device = gt06.device(OPTIONS);
    const [login] = writes(device.connected(0));
    expect(device.deadline).toBe(ANSWER_MS);
    expect(writes(tick(device))).toEqual([login]);
    expect(writes(tick(device))).toEqual([login]);
    expect(tick(device)).toMatchObject([{ type: "hangup" }]);
    expect(device.deadline).toBeNull();
  });

  it("wants its own serial back", () => {
    const device = gt06.device(OPTIONS);
    device.connected(0);
    expect(device.received(bytesOf("7878050100059ff80d0a"), 0)).toMatchObject([{ type: "puzzled" }]);
    expect(device.received(bytesOf("787805010001d9dc0d0a"), 0)).toEqual([{ type: "online" }]);
  });

  it("of an id that is no IMEI is not simulated", () => {
    expect(() => gt06.device({ ...OPTIONS, deviceId: "truck" })).toThrow(RangeError);
  });
});

describe("what it sends", () => {
  it("positions do not wait, and are answered", () => {
    const conversation = talk();
    conversation.position();
    conversation.position();
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position", "acknowledged-position"]);
  });

  it("heartbeats come by themselves; three without an answer end the link", () => {
    const conversation = talk({ keepAliveMs: 180 * SECOND });
    conversation.wait(900 * SECOND);
    expect(conversation.kinds()).toEqual(["online"]);
    expect(conversation.written.length).toBe(6);
    conversation.mute = true;
    conversation.wait(195 * SECOND);
    expect(conversation.kinds().at(-1)).toBe("hangup");
  });

  it("an alarm waits for its answer and is repeated", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.say("SOS");
    expect(conversation.acknowledged()).toEqual([]);
    conversation.mute = false;
    conversation.wait(ANSWER_MS);
    expect(conversation.acknowledged()).toEqual(["SOS"]);
    conversation.say("Hello");
    expect(conversation.kinds().at(-1)).toBe("puzzled");
  });

  it.each(["time", "address"])("it asks for the %s", (asks) => {
    const conversation = talk({}, { asks });
    expect(conversation.written).toHaveLength(2);
    expect(conversation.kinds()).toEqual(["online"]);
    conversation.wait(60 * SECOND);
    expect(conversation.kinds()).toEqual(["online"]);
  });
});

describe("commands", () => {
  const settled = (receipts: DeviceOptions["receipts"], ms: number, profile: Readonly<Record<string, unknown>> = {}): readonly string[] => {
    const conversation = talk({ receipts }, profile);
    conversation.send(1, "STATUS#");
    conversation.wait(ms);
    return [...conversation.settled(), ...conversation.stored];
  };

  it.each(["21", "21-utf16", "15", "15-language", "15-padded"])("are replied to in form %s", (replies) => {
    expect(settled("ok", SECOND, { replies })).toEqual(["delivered 1", "STATUS=Success!"]);
    expect(settled("duplicate", SECOND, { replies })).toEqual(["delivered 1", "STATUS=Success!"]);
  });

  it("are replied to in every mode of receipts", () => {
    expect(settled("reject", SECOND)).toEqual(["delivered 1", "Command Error!"]);
    expect(settled("silent", 14 * SECOND)).toEqual([]);
    expect(settled("garbled", 14 * SECOND)).toEqual([]);
    expect(settled("wrong-tag", 14 * SECOND)).toEqual(["STATUS=Success!"]);
    const late = settled("late", 40 * SECOND);
    expect(late).toContain("delivered 1");
    expect(late.filter((text) => text === "STATUS=Success!")).toHaveLength(1);
  });

  it("take their time", () => {
    const profile = { replyMs: 3 * SECOND };
    expect(settled("ok", 2_999, profile)).toEqual([]);
    expect(settled("ok", 3_000, profile)).toEqual(["delivered 1", "STATUS=Success!"]);
    expect(settled("ok", 199)).toEqual([]);
    expect(settled("ok", 200)).toEqual(["delivered 1", "STATUS=Success!"]);
  });

  it("of a device that forgets flags settle where the profile says so", () => {
    expect(settled("ok", SECOND, { replyFlag: "zero" })).toEqual(["STATUS=Success!"]);
    expect(settled("ok", SECOND, { replyFlag: "zero", zeroFlag: "waiting" })).toEqual(["delivered 1", "STATUS=Success!"]);
  });

  it("that are none get an error, in words only", () => {
    const conversation = talk();
    for (const [id, text] of ["Hello driver", "relay,1#", "DANCE#"].entries()) {
      conversation.send(id + 1, text);
      conversation.wait(SECOND);
    }
    expect(conversation.shown()).toEqual(["Hello driver", "relay,1#", "DANCE#"]);
    expect(conversation.stored).toEqual(["Command Error!", "RELAY=Success!", "Command Error!"]);
    expect(conversation.settled()).toEqual(["delivered 1", "delivered 2", "delivered 3"]);
  });

  it("may share a segment with a heartbeat, and have line breaks in their replies", () => {
    const conversation = talk({ reply: "one\r\ntwo" }, { joined: true });
    conversation.send(1, "PARAM#");
    conversation.wait(SECOND);
    expect(conversation.settled()).toEqual(["delivered 1"]);
    expect(conversation.stored).toEqual(["one\r\ntwo"]);
    expect(conversation.kinds()).not.toContain("puzzled");
  });

  it("with a wrong CRC do not exist, nor do those before the login's answer", () => {
    const device = gt06.device(OPTIONS);
    device.connected(0);
    const command = bytesOf("78780e800800000000736f732300016d6a0d0a");
    expect(device.received(command, 0)).toMatchObject([{ type: "puzzled" }]);
    device.received(bytesOf("787805010001d9dc0d0a"), 0);
    const damaged = Buffer.from(command);
    damaged[10] = 0x20;
    expect(device.received(damaged, 0)).toEqual([{ type: "puzzled", reason: "the CRC is wrong" }]);
    expect(device.received(command, 0)).toEqual([{ type: "shown", text: "sos#", tag: "0" }]);
    const [reply = ""] = writes(device.tick(200));
    expect(readPacket(bytesOf(reply))).toMatchObject({ packet: { form: "long", type: 0x21 } });
  });

  it("whose line broke are executed again, and settled once", () => {
    const conversation = talk();
    conversation.deaf = true;
    conversation.send(1, "RELAY,1#");
    conversation.wait(SECOND);
    expect(conversation.settled()).toEqual([]);
    conversation.connect();
    conversation.wait(20 * SECOND);
    expect(conversation.settled()).toContain("delivered 1");
    expect(conversation.stored).toEqual(["RELAY=Success!"]);
  });
});
