/** The simulated tracker of Queclink against the real session: every duty of the specification's page. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESEND_MS } from "../../protocols/queclink/device-sender.ts";
import { queclink } from "../../protocols/queclink/index.ts";
import type { DeviceOptions, DeviceOutput, SimulatedDevice } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const IMEI = "135790246811220";
const SECOND = 1_000;
const OPTIONS: DeviceOptions = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 };

function talk(options: Partial<DeviceOptions> = {}, gatewayProfile?: Readonly<Record<string, unknown>>): CarrierConversation {
  const world = gatewayProfile === undefined ? {} : { gatewayProfile };
  const conversation = new CarrierConversation(queclink, { deviceId: IMEI, ...options }, world);
  conversation.connect();
  expect(conversation.kinds()).toEqual(["online"]);
  return conversation;
}

/** A device that is online, without a gateway. */
function online(options: Partial<DeviceOptions> = {}): SimulatedDevice {
  const device = queclink.device({ ...OPTIONS, ...options });
  const [count] = counts(device.connected(0));
  expect(device.received(Buffer.from(`+SACK:GTHBD,270B01,${count}$`), 0)).toContainEqual({ type: "online" });
  return device;
}

function written(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("latin1")] : []));
}

function counts(outputs: readonly DeviceOutput[]): readonly string[] {
  return written(outputs).map((frame) => frame.slice(-5, -1));
}

function tell(device: SimulatedDevice, words: string): readonly DeviceOutput[] {
  return device.received(Buffer.from(words), 0);
}

describe("texts up", () => {
  const forms = ["auto", "short", "long", "hex"] as const;

  it.each(forms)("form %s, over a wire of any kind", (form) => {
    const conversation = talk({ profile: { form } });
    conversation.say("On my way");
    conversation.say("At the gate");
    expect(conversation.stored).toEqual(["On my way", "At the gate"]);
    expect(conversation.acknowledged()).toEqual(["On my way", "At the gate"]);
    expect(conversation.notes).toEqual([]);
  });

  it("any words arrive as they were said, in the form that has them", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab ,$é Ж7+:"), minLength: 1, maxLength: 300 }), (words) => {
        const conversation = talk();
        conversation.say(`x${words}`);
        expect(conversation.stored).toEqual([`x${words}`]);
        expect(conversation.acknowledged()).toEqual([`x${words}`]);
      }),
      { numRuns: 60 },
    );
  });

  it("a terminal that has nothing but ASCII leaves out what it has not, and cuts long texts", () => {
    const conversation = talk({ profile: { form: "short" } });
    conversation.say(`Gate 5, $7 ${"x".repeat(100)}`);
    expect(conversation.stored).toEqual([`Gate 5; ;7 ${"x".repeat(89)}`, "x".repeat(11)]);
    expect(conversation.acknowledged()).toHaveLength(1);
  });

  it("wait for a connection, and come buffered with their old counts", () => {
    const conversation = new CarrierConversation(queclink, { deviceId: IMEI, profile: { count: 0xfffe } });
    conversation.say("one");
    conversation.say("two");
    conversation.connect();
    conversation.say("three");
    expect(conversation.stored).toEqual(["one", "two", "three"]);
    const frames = written(conversation.outputs);
    expect(frames.map((frame) => frame.slice(0, 5))).toEqual(["+ACK:", "+BUFF", "+BUFF", "+RESP"]);
    expect(counts(conversation.outputs)).toEqual(["0000", "FFFE", "FFFF", "0001"]);
  });

  it("are said again until they are acknowledged, over the next link if need be, and stored once", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.say("On my way");
    conversation.wait(RESEND_MS[0] ?? 0);
    expect(written(conversation.outputs).slice(-2)).toSatisfy(([one, two]: string[]) => one === two);
    conversation.connect();
    expect(written(conversation.outputs).at(-1)).toMatch(/^\+BUFF:GTDAT,/);
    expect(conversation.stored).toEqual(["On my way"]);
    expect(conversation.acknowledged()).toEqual(["On my way"]);
  });

  it("the device hangs up after six silences", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.position();
    conversation.wait(RESEND_MS.reduce((sum, ms) => sum + ms, 0) - 1);
    expect(conversation.kinds()).not.toContain("hangup");
    conversation.wait(1);
    expect(conversation.kinds().at(-1)).toBe("hangup");
    expect(written(conversation.outputs).slice(1)).toHaveLength(RESEND_MS.length);
  });

  it("without SACK they are said once", () => {
    const conversation = talk({ profile: { sack: "heartbeat" } });
    conversation.say("one");
    conversation.say("two");
    conversation.wait(60 * SECOND);
    expect(conversation.stored).toEqual(["one", "two"]);
    expect(conversation.acknowledged()).toEqual([]);
    expect(written(conversation.outputs)).toHaveLength(3);
  });
});

describe("positions and heartbeats", () => {
  it("are acknowledged", () => {
    const conversation = talk({ keepAliveMs: 10 * SECOND });
    conversation.position();
    conversation.wait(35 * SECOND);
    expect(conversation.kinds()).toEqual(["online", "acknowledged-position"]);
    expect(written(conversation.outputs).filter((frame) => frame.startsWith("+ACK:GTHBD"))).toHaveLength(4);
  });

  it("the heartbeat wants its own acknowledgement, other messages theirs", () => {
    const device = queclink.device(OPTIONS);
    const [count] = counts(device.connected(0));
    expect(tell(device, `+SACK:${count}$`)).toEqual([]);
    expect(tell(device, "+SACK:GTHBD,270B01,FFFF$")).toEqual([]);
    expect(tell(device, `+SACK:GTHBD,,${count}$`)).toEqual([{ type: "online" }]);
    const [position] = counts(device.position(0));
    expect(tell(device, `+SACK:GTHBD,,${position}$`)).toEqual([]);
    expect(tell(device, `+SACK:${position}$`)).toEqual([{ type: "acknowledged-position" }]);
  });
});

describe("commands", () => {
  it("are run: the data is what the port writes", () => {
    const outputs = tell(online(), "AT+GTDAT=gv300w,1,,data to the serial port,1,,,,0011$");
    expect(outputs[0]).toEqual({ type: "shown", text: "data to the serial port", tag: "0011" });
    expect(written(outputs)).toEqual([expect.stringMatching(/^\+ACK:GTDAT,270B01,135790246811220,gv300w,0011,\d{14},0001\$$/)]);
  });

  it("the field behind the data asks for the acknowledgement, where it is not reserved", () => {
    const acks = (field: string): number => written(tell(online(), `AT+GTDAT=gv300w,1,,x,${field},,,,0011$`)).length;
    expect([acks("1"), acks(""), acks("0")]).toEqual([1, 1, 0]);
  });

  it.each([
    ["a wrong password", "AT+GTDAT=gv200,1,,x,1,,,,0011$"],
    ["AT+GTDAT of type 0", "AT+GTDAT=gv300w,0,,x,1,,,,0011$"],
    ["AT+GTDAT with 10 fields", "AT+GTDAT=gv300w,1,,x,y,1,,,,0011$"],
    ["characters", `AT+GTDAT=gv300w,1,,${"x".repeat(101)},1,,,,0011$`],
    ["characters", "AT+GTDAT=gv300w,1,,é,1,,,,0011$"],
    ["characters", "AT+GTDAT=gv300w,1,,,1,,,,0011$"],
    ["not for the port", "AT+GTURT=gv300w,1,5,8,1,0,0,0,,,0018$"],
  ])("%s: %s is met with silence, or refused", (reason, command) => {
    expect(tell(online(), command)).toEqual([{ type: "puzzled", reason: expect.stringContaining(reason) }]);
    const refused = written(tell(online({ profile: { nack: true } }), command));
    expect(refused).toEqual(reason.startsWith("not") ? [] : [expect.stringMatching(/^\+NACK:GTDAT,.*,0,0011,\d{14},0001\$$/)]);
  });

  it("rubbish between them puzzles it and nothing more", () => {
    const outputs = tell(online(), "reboot\r\nAT+GTDAT=gv300w,1,,x,0,,,,0011$");
    expect(outputs.map(({ type }) => type)).toEqual(["puzzled", "shown"]);
  });
});

describe("receipts", () => {
  const settled = (options: Partial<DeviceOptions>, ms = 0): readonly string[] => {
    const conversation = talk(options);
    conversation.send(1, "Hello");
    conversation.wait(ms);
    return [...conversation.settled(), ...conversation.notes];
  };

  it("in every mode", () => {
    expect(settled({})).toEqual(["delivered 1"]);
    expect(settled({ receipts: "duplicate" })).toEqual(["delivered 1", "stray-receipt"]);
    expect(settled({ receipts: "wrong-tag" })).toEqual(["stray-receipt"]);
    expect(settled({ receipts: "silent" }, 14 * SECOND)).toEqual([]);
    expect(settled({ receipts: "late" }, 19 * SECOND)).not.toContain("delivered 1");
    expect(settled({ receipts: "late" }, 20 * SECOND)).toContain("delivered 1");
    for (const receipts of ["reject", "garbled"] as const) {
      expect(settled({ receipts }, 14 * SECOND)).toEqual([]);
      expect(settled({ receipts, profile: { nack: true } })).toEqual(["rejected 1"]);
    }
  });

  it("a wrong password is silence", () => {
    const conversation = talk({}, { commandPassword: "wrong1" });
    conversation.send(1, "Hello");
    expect(conversation.shown()).toEqual([]);
    expect(conversation.settled()).toEqual([]);
  });

  it("a text is answered when told to, a question by its number", () => {
    const conversation = talk({ reply: "ok" });
    conversation.send(1, "Arrived?", { choices: ["yes", "no"] });
    expect(conversation.shown()).toEqual(["Arrived? 1. yes 2. no"]);
    conversation.choose(1);
    expect(conversation.answered).toEqual(["1:1"]);
  });

  it("texts in parts are shown in order, and nothing in them is a second command", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab,$\r\n\0+ACK:1"), minLength: 1, maxLength: 450 }), (words) => {
        const conversation = talk();
        conversation.send(1, `x${words}`);
        const shown = `x${words}`
          .replaceAll(/\r\n|[\r\n\0]/g, " ")
          .replaceAll(",", ";")
          .replaceAll("$", "?");
        expect(conversation.shown().join("")).toBe(shown);
        expect(conversation.kinds()).not.toContain("puzzled");
        expect(conversation.settled().at(-1)).toBe("delivered 1");
      }),
      { numRuns: 60 },
    );
  });
});

describe("a terminal with lines of text", () => {
  const line = (over: Partial<DeviceOptions> = {}): CarrierConversation => talk({ ...over, profile: { inner: "line", ...over.profile } });

  it.each(["auto", "short", "long", "hex"])("form %s: texts both ways, in any script, as they were said", (form) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab ,$éЖ7#👍"), minLength: 1, maxLength: 200 }), (words) => {
        const conversation = line({ profile: { form } });
        conversation.send(1, `x${words}`);
        conversation.say(`y${words}`);
        expect(conversation.shown().join("")).toBe(`x${words}`);
        expect(conversation.stored).toEqual([`y${words}`]);
        expect(conversation.acknowledged()).toEqual([`y${words}`]);
        expect(conversation.settled()).toContain("delivered 1");
        expect(conversation.notes).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("only its own receipt delivers", () => {
    const settled = (over: Partial<DeviceOptions>, ms = 0): readonly string[] => {
      const conversation = line(over);
      conversation.send(1, "Hello");
      conversation.wait(ms);
      return [...conversation.settled(), ...conversation.notes];
    };
    expect(settled({})).toEqual(["delivered 1", "read 1"]);
    expect(settled({ receipts: "silent" }, 14 * SECOND)).toEqual([]);
    expect(settled({ receipts: "reject" })).toEqual(["rejected 1"]);
    expect(settled({ receipts: "late" }, 25 * SECOND)).toContain("delivered 1");
    expect(settled({ receipts: "wrong-tag" })).toEqual(["stray-receipt"]);
    expect(settled({ receipts: "ok", profile: { delivered: "port" } })).toEqual(["delivered 1", "read 1", "stray-receipt"]);
    expect(settled({ receipts: "silent", profile: { delivered: "port" } }, 14 * SECOND)).toEqual([]);
  });

  it("a text that is repeated is shown once, and one of the driver stored once", () => {
    const conversation = line({ receipts: "silent" });
    conversation.send(1, "Hello");
    conversation.wait(40 * SECOND);
    expect(conversation.shown()).toEqual(["Hello"]);
    conversation.mute = true;
    conversation.say("On my way");
    conversation.connect();
    conversation.wait(40 * SECOND);
    expect(conversation.stored).toEqual(["On my way"]);
    expect(conversation.acknowledged()).toEqual(["On my way"]);
  });
});
