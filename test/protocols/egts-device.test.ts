/** The simulated terminal against the real session: logins, positions, the driver's texts, and whatever else it may hear. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PACKET, SERVICE } from "../../protocols/egts/codes.ts";
import { EgtsDevice } from "../../protocols/egts/device.ts";
import { egts } from "../../protocols/egts/index.ts";
import { writeRecord, writeSubrecord } from "../../protocols/egts/records.ts";
import { writePacket } from "../../protocols/egts/wire.ts";
import type { DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";
import { connected, during, SECOND, wrote } from "./egts-conversation.ts";
import { bytesOf, IMEI, packetOf } from "./egts-frames.ts";

describe("login", () => {
  it("introduces itself with packet 1, answers RESULT_CODE, and does so again on each line", () => {
    const talk = connected();
    const [first] = talk.outputs.flatMap((output) => (output.type === "write" ? [packetOf(output.bytes)] : []));
    expect(first?.pid).toBe(1);
    expect(wrote(talk.outputs)).toEqual(["APPDATA with TERM_IDENTITY", "RESPONSE with RECORD_RESPONSE 2:0"]);
    talk.connect();
    expect(talk.kinds()).toEqual(["online", "online"]);
    expect(talk.notes).toEqual([]);
  });

  it.each(["tid", "object"])("by %s, its records name the object", (login) => {
    const talk = connected({ deviceId: "865905", profile: { login } });
    const packets = talk.outputs.flatMap((output) => (output.type === "write" ? [packetOf(output.bytes)] : []));
    const records = packets.flatMap(({ answer, records: own }) => (answer === null ? own : []));
    expect(new Set(records.map(({ object }) => object))).toEqual(new Set([865905]));
    talk.send(1, "hi");
    expect(talk.settled()).toEqual(["delivered 1", "read 1"]);
    expect(talk.notes).toEqual([]);
  });

  it("says its password when it is asked for it", () => {
    const ask = (password: string | null): readonly DeviceOutput[] => {
      const device = new EgtsDevice({ deviceId: IMEI, password, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
      device.connected(0);
      return device.received(fromPlatform(SERVICE.auth, writeSubrecord(6, Buffer.from([0]))), 0);
    };
    expect(wrote(ask("s3cret"))).toEqual(["RESPONSE with RECORD_RESPONSE 9:0", "APPDATA with AUTH_INFO"]);
    expect(ask(null).at(-1)).toEqual({ type: "refused", reason: "a password is wanted" });
  });

  it.each(["5", "dispatcher-5"])("as the dispatcher's link %s", (deviceId) => {
    const talk = connected({ deviceId, profile: { login: "dispatcher" } });
    const identity = bytesOf("0508000005000000");
    expect(talk.outputs.some((output) => output.type === "write" && output.bytes.includes(identity.subarray(3)))).toBe(true);
    expect(talk.notes).toEqual([]);
  });

  it("needs an id that fits", () => {
    expect(() => connected({ deviceId: "8608030664483131" })).toThrow(RangeError);
    for (const login of ["tid", "object", "dispatcher"]) expect(() => connected({ profile: { login } })).toThrow(RangeError);
  });

  it("is repeated after 5 s, three times, then the device hangs up", () => {
    const talk = new CarrierConversation(egts, { deviceId: IMEI });
    talk.deaf = true;
    const device = talk.device;
    const at: number[] = [];
    for (let out = device.connected(0), now = 0; ; out = device.tick(now)) {
      if (out.some(({ type }) => type === "write")) at.push(now);
      if (device.deadline === null) {
        expect(out.at(-1)).toEqual({ type: "hangup", reason: "no answer to a login" });
        break;
      }
      now = device.deadline;
    }
    expect(at).toEqual([0, 5 * SECOND, 10 * SECOND, 15 * SECOND]);
  });
});

describe("a text of the driver", () => {
  it("is acknowledged once it is stored, and confirmed; the confirmation is answered", () => {
    const talk = connected();
    expect(during(talk, () => talk.say("Еду, 5 минут"))).toEqual(["APPDATA with MSGFROM", "RESPONSE with RECORD_RESPONSE 4:0"]);
    talk.say("收到 👍");
    expect(talk.stored).toEqual(["Еду, 5 минут", "收到 👍"]);
    expect(talk.acknowledged()).toEqual(["Еду, 5 минут", "收到 👍"]);
    expect(talk.notes).toEqual([]);
  });

  it.each([
    ["header", "header check"],
    ["data", "data check"],
  ])("damaged in its %s is refused, repeated after 5 s and stored once", (damage, reason) => {
    const talk = connected({ profile: { damage } });
    expect(during(talk, () => talk.say("hi"))[0]).toContain(reason);
    expect(talk.stored).toEqual([]);
    talk.wait(5 * SECOND);
    expect(talk.stored).toEqual(["hi"]);
    expect(talk.acknowledged()).toEqual(["hi"]);
  });

  it("with a length that lies costs the line, not the text", () => {
    const talk = connected({ profile: { damage: "length" } });
    talk.say("hi");
    talk.wait(20 * SECOND);
    expect(talk.outputs.at(-1)).toMatchObject({ type: "hangup" });
    talk.wait(30 * SECOND);
    expect(talk.closed).toBe("half-frame");
    talk.connect();
    expect(talk.stored).toEqual(["hi"]);
    expect(talk.acknowledged()).toEqual(["hi"]);
  });

  it("is stored once when every packet comes twice, and when only the answer was lost", () => {
    const twice = connected({ profile: { repeat: true } });
    twice.say("hi");
    twice.send(1, "there");
    expect(twice.stored).toEqual(["hi"]);
    expect(twice.settled()).toContain("delivered 1");

    const lost = connected();
    lost.mute = true;
    lost.say("once");
    lost.mute = false;
    lost.wait(5 * SECOND);
    expect(lost.stored).toEqual(["once"]);
    expect(lost.acknowledged()).toEqual(["once"]);
  });

  it("waits for a store that is down and for the next line", () => {
    const talk = connected();
    talk.storeDown = true;
    talk.say("later");
    talk.wait(20 * SECOND);
    expect(talk.acknowledged()).toEqual([]);
    talk.storeDown = false;
    talk.connect();
    expect(talk.stored).toEqual(["later"]);
    expect(talk.acknowledged()).toEqual(["later"]);
  });

  it("answers each text of the platform when it is told to", () => {
    const talk = connected({ reply: "ok" });
    talk.send(1, "hi");
    expect(talk.stored).toEqual(["ok"]);
    expect(talk.settled()).toContain("delivered 1");
  });
});

describe("positions", () => {
  it("go out in time, each answered", () => {
    const talk = connected({ keepAliveMs: 30 * SECOND });
    talk.wait(95 * SECOND);
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(3);
    talk.position();
    expect(talk.kinds().at(-1)).toBe("acknowledged-position");
    expect(talk.notes).toEqual([]);
  });
});

describe("anything else that the platform may say", () => {
  const fresh = (): EgtsDevice => {
    const device = new EgtsDevice({ deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
    device.connected(0);
    return device;
  };

  it("is answered, and refused when it is damaged", () => {
    const packet = fromPlatform(SERVICE.firmware, writeSubrecord(33, bytesOf("00")));
    expect(wrote(fresh().received(packet, 0))).toEqual(["RESPONSE with RECORD_RESPONSE 9:0"]);
    const spoiled = Buffer.from(packet.with(-1, (packet.at(-1) ?? 0) ^ 1));
    expect(wrote(fresh().received(spoiled, 0))).toEqual(["RESPONSE 9:138"]);
    expect(fresh().received(writePacket(PACKET.response, 5, bytesOf("090000")), 0)).toEqual([]);
  });

  it("of any bytes does not break it", () => {
    const device = fresh();
    fc.assert(
      fc.property(fc.constantFrom(1, 4, 9), fc.nat(60), fc.uint8Array({ maxLength: 60 }), (service, type, data) => {
        device.received(fromPlatform(service, writeSubrecord(type, Buffer.from(data))), 0);
        device.received(fromPlatform(service, Buffer.from(data)), 0);
        device.received(writePacket(PACKET.response, 5, Buffer.from(data)), 0);
        device.received(Buffer.from(data), 0);
      }),
    );
  });
});

/** A packet of the platform, number 9, with one record. */
function fromPlatform(service: number, data: Buffer): Buffer {
  return writePacket(PACKET.data, 9, writeRecord({ number: 9, flags: 0x40, sender: service, recipient: service }, data));
}
