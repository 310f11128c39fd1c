/** The codec on lines that several units share: a dispatcher's link, and a line that an object's records opened. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FROM_DEVICE, PACKET, SERVICE } from "../../protocols/egts/codes.ts";
import { egts } from "../../protocols/egts/index.ts";
import { recordResponse, writeRecord } from "../../protocols/egts/records.ts";
import { writePacket } from "../../protocols/egts/wire.ts";
import type { Codec, DeviceEvent, Profile, Reading, RefusalReason, UnitSpeech, Verdict } from "../../src/core/index.ts";
import { answer, bytesOf, command, packetOf, packetsOf, recordsOf, replyOf, said, text } from "./egts-frames.ts";

const SECOND = 1_000;
const LOGIN = bytesOf("0508000005000000687562");

function identity(deviceId: string, profile: Profile = {}): Extract<Verdict, { type: "accepted" }>["identity"] {
  return { trackerId: 1, deviceId, profile, secret: null };
}

/** A dispatcher's link with these units on it. */
function link(units: Readonly<Record<string, Profile>> = { "5": {}, "6": {} }): {
  readonly codec: Codec;
  readonly speech: (unit: string) => UnitSpeech;
} {
  const codec = egts.connect();
  codec.decode(said(SERVICE.auth, LOGIN, 1));
  codec.identified(identity("dispatcher-5"));
  const all = new Map(Object.entries(units).map(([key, profile]) => [key, codec.unit?.(key, identity(key, profile)) ?? codec]));
  return { codec, speech: (unit) => all.get(unit) ?? codec };
}

interface Sent {
  readonly pid: number;
  readonly number: number;
  readonly bytes: Buffer;
}

function send(speech: UnitSpeech, tag: number): Sent {
  const encoded = speech.encode(text("a", tag));
  if (encoded.type === "refused") throw new Error(encoded.reason);
  const [part] = encoded.parts;
  speech.send?.(part);
  const { pid, records } = packetOf(part.bytes);
  return { pid, number: records[0]?.number ?? 0, bytes: part.bytes };
}

function heard(codec: Codec, frame: Buffer): readonly DeviceEvent[] {
  const reading = codec.decode(frame);
  return reading.hear?.() ?? reading.events;
}

/** COMMAND_DATA with a SID. */
function commandTo(kind: number, cid: number, sid: number): Buffer {
  const bytes = command(kind, cid);
  bytes.writeUInt32LE(sid, 8);
  return bytes;
}

/** Records of several objects in one packet; without an object: null. */
function packet(...records: readonly (readonly [object: number | null, data: Buffer])[]): Buffer {
  const made = records.map(([object, data], index) => {
    const head = { number: 10 + index, flags: FROM_DEVICE, sender: SERVICE.commands, recipient: SERVICE.commands };
    return writeRecord(object === null ? head : { ...head, object }, data);
  });
  return writePacket(PACKET.data, 7, Buffer.concat(made));
}

const words = (cid: number): Buffer => command(0x30, cid, "006869");

describe("a dispatcher's login", () => {
  it("names a device of the fleet by its DID", () => {
    const reading = egts.connect().decode(said(SERVICE.auth, LOGIN, 1));
    expect(reading.events).toEqual([{ type: "hello", scope: "link", key: "dispatcher-5", password: null }]);
  });

  it.each<[Verdict, string]>([
    [{ type: "accepted", identity: identity("dispatcher-5") }, "9 00"],
    [{ type: "refused", reason: "blocked" }, "9 97"],
    [{ type: "refused", reason: "wrong-password" }, "6 00"],
  ])("is answered by %j", (verdict, result) => {
    const reply = replyOf(egts.connect().decode(said(SERVICE.auth, LOGIN, 1)), verdict);
    expect(packetsOf(reply ?? Buffer.alloc(0)).flatMap(recordsOf)).toEqual(["1:1[0 010000]", `2:1[${result}]`]);
  });

  it("has no driver who could be sent a text", () => {
    const { codec } = link({});
    expect(codec.encode(text("a", 1))).toEqual({ type: "refused", reason: "a link between platforms has no driver" });
  });
});

describe("a packet of several units", () => {
  it("says whose each word is", () => {
    const { codec } = link();
    const reading = codec.decode(packet([5, words(1)], [6, words(1)], [5, command(0x80, 9)]));
    expect(reading.units).toEqual(["5", "6"]);
    expect(reading.events).toEqual([]);
    expect(reading.hear?.().map(({ type, unit }) => [type, unit])).toEqual([
      ["text", "5"],
      ["text", "6"],
      ["receipt", "5"],
    ]);
  });

  it("reads as each unit's profile says, also when that is known only now", () => {
    const { codec } = link({});
    const wide = (cid: number): Buffer => command(0x30, cid, "0108" + "1f04");
    const reading = codec.decode(packet([5, wide(1)], [6, wide(1)]));
    codec.unit?.("5", identity("5", { ucs2: "le" }));
    codec.unit?.("6", identity("6", { ucs2: "be" }));
    expect(reading.hear?.().map((event) => event.type === "text" && event.text)).toEqual(["П", "\u1f04"]);
  });

  it("is answered record by record, and texts are confirmed under their units", () => {
    const { codec } = link({ "5": {}, "6": {}, "7": { confirmTexts: false } });
    const reading = codec.decode(packet([5, words(1)], [6, words(2)], [7, words(3)], [8, words(4)], [9, words(5)], [10, words(6)]));
    reading.hear?.();
    const refused = (reason: RefusalReason): Verdict => ({ type: "refused", reason });
    const verdicts = new Map<string, Verdict>([
      ...["5", "6", "7"].map((key): [string, Verdict] => [key, { type: "accepted", identity: identity(key) }]),
      ["8", refused("unknown-device")],
      ["9", refused("overload")],
      ["10", refused("blocked")],
    ]);
    const [response, confirmation] = packetsOf(answered(reading, verdicts));
    expect(response && recordsOf(response)).toEqual(["1:4[0 0a0000, 0 0b0000, 0 0c0000, 0 0d0092, 0 0e009c, 0 0f0097]"]);
    expect(confirmation?.records.map(({ object, subrecords }) => [object, subrecords?.[0]?.data.readUInt32LE(1)])).toEqual([
      [5, 1],
      [6, 2],
    ]);
  });

  it("refuses what a unit said that left meanwhile", () => {
    const { codec } = link({ "5": {} });
    const reading = codec.decode(packet([5, command(0x80, 9)]));
    codec.left?.("5");
    expect(reading.hear?.()).toEqual([]);
    expect(packetsOf(answered(reading, new Map())).flatMap(recordsOf)).toEqual(["1:4[0 0a0097]"]);
  });
});

describe("texts to units that share a line", () => {
  it("name their unit in OID and SID", () => {
    const { speech } = link();
    const [record] = packetOf(send(speech("6"), 1).bytes).records;
    expect([record?.object, record?.subrecords?.[0]?.data.readUInt32LE(5)]).toEqual([6, 6]);
  });

  it.each<[string, Buffer, readonly string[]]>([
    ["OID", packet([6, command(0x80, 1)]), ["6"]],
    ["OID, whatever the SID", packet([6, commandTo(0x80, 1, 5)]), ["6"]],
    ["SID", packet([null, commandTo(0x80, 1, 6)]), ["6"]],
    ["a CID that only one was sent", packet([null, command(0x80, 2)]), ["5"]],
    ["a CID that only one was sent, though SID is no unit's", packet([null, commandTo(0x80, 2, 77)]), ["5"]],
    ["nothing that tells them apart", packet([null, command(0x80, 1)]), []],
    ["an object that is not here", packet([9, command(0x80, 1)]), []],
  ])("are confirmed by %s", (_, confirmation, units) => {
    const { codec, speech } = link();
    for (const unit of ["5", "6"]) send(speech(unit), 1);
    send(speech("5"), 2);
    expect(heard(codec, confirmation).map(({ unit }) => unit)).toEqual(units);
  });

  it("are confirmed by the record's receipt, which waits as on any line", () => {
    const { codec, speech } = link();
    const [, sent] = [send(speech("5"), 1), send(speech("6"), 1)];
    const receipt = answer(sent.pid, 0, writeRecord(HEAD, recordResponse(sent.number, 0)));
    expect(codec.decode(receipt).units).toEqual([]);
    expect(heard(codec, receipt)).toEqual([{ type: "deferred", tag: "1", unit: "6", againMs: 10 * SECOND }]);
    codec.tick?.(0);
    expect(codec.tick?.(10 * SECOND).receipts).toMatchObject([{ event: { type: "receipt", tag: "1", unit: "6" } }]);
  });

  it("to a unit that left are forgotten", () => {
    const { codec, speech } = link();
    const sent = send(speech("6"), 1);
    const receipt = answer(sent.pid, 0, writeRecord(HEAD, recordResponse(sent.number, 0)));
    heard(codec, receipt);
    codec.left?.("6");
    codec.tick?.(0);
    expect(codec.tick?.(600 * SECOND)).toMatchObject({ at: null, receipts: [] });
    expect(heard(codec, receipt)).toEqual([]);
    expect(heard(codec, packet([null, command(0x80, 1)]))).toEqual([]);
  });

  it("are told apart for the last 4096 parts of the line", () => {
    const { codec, speech } = link({ "5": { confirmation: "record" }, "6": {} });
    const all = Array.from({ length: 4_097 }, (_, index) => send(speech("5"), index + 1));
    const receipt = ({ pid, number }: Sent): Buffer => answer(pid, 0, writeRecord(HEAD, recordResponse(number, 0)));
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error("nothing was sent");
    expect(heard(codec, receipt(first))).toEqual([]);
    expect(heard(codec, receipt(second))).toEqual([{ type: "receipt", tag: "2", unit: "5", outcome: "accepted" }]);
  });

  it("never are another's, however they are confirmed", () => {
    const form = fc.constantFrom("oid", "sid", "cid", "record", "refusal");
    const texts = fc.array(fc.record({ unit: fc.constantFrom("5", "6", "7"), tag: fc.integer({ min: 1, max: 4 }), form }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(texts, (all) => {
        const { codec, speech } = link({ "5": {}, "6": {}, "7": {} });
        const sent = all.map((one) => ({ ...one, ...send(speech(one.unit), one.tag) }));
        for (const one of sent)
          for (const event of heard(codec, confirmationOf(one))) {
            if (!("tag" in event)) continue;
            const { unit, tag } = event;
            expect({ unit, tag }).toEqual({ unit: one.unit, tag: String(one.tag) });
          }
      }),
    );
  });
});

describe("a line that an object's records opened", () => {
  const opened = (): Codec => {
    const codec = egts.connect();
    codec.decode(said(SERVICE.telematics, bytesOf("100000"), 1, 5));
    codec.identified(identity("5"));
    return codec;
  };

  it("is as any line while nobody else is on it", () => {
    const reading = opened().decode(packet([5, words(1)], [null, words(2)]));
    expect(reading.units).toBeUndefined();
    expect(reading.events).toHaveLength(2);
  });

  it("is shared from another's first record on", () => {
    const codec = opened();
    expect(codec.decode(packet([6, words(1)])).units).toEqual(["6"]);
    codec.unit?.("6", identity("6"));
    expect(codec.decode(packet([5, words(1)])).units).toEqual(["5"]);
    // Whose this is nobody can tell any more.
    expect(heard(codec, packet([null, words(1)]))).toEqual([{ type: "bad", reason: "a text that names no unit" }]);
    codec.left?.("6");
    expect(codec.decode(packet([5, words(1)])).units).toBeUndefined();
  });

  it("asks anew for the unit that opened it, once that has left", () => {
    const codec = opened();
    codec.unit?.("6", identity("6"));
    codec.left?.("5");
    expect(codec.decode(packet([5, words(1)])).units).toEqual(["5"]);
    codec.left?.("6");
    expect(codec.decode(packet([5, words(1)])).units).toEqual(["5"]);
  });

  it("is not the place for other records in the packet that opens it: that comes again", () => {
    const reading = egts.connect().decode(packet([5, bytesOf("100000")], [6, bytesOf("100000")]));
    expect(replyOf(reading)).toBeNull();
    const unknown = replyOf(reading, { type: "refused", reason: "unknown-device" });
    expect(packetsOf(unknown ?? Buffer.alloc(0)).flatMap(recordsOf)).toEqual(["1:4[0 0a0092, 0 0b0092]"]);
  });
});

const HEAD = { number: 9, flags: FROM_DEVICE, sender: SERVICE.commands, recipient: SERVICE.commands };

function answered({ reply }: Reading, verdicts: ReadonlyMap<string, Verdict>): Buffer {
  if (typeof reply !== "function") throw new Error("an answer that depends on verdicts expected");
  return reply({ type: "accepted", identity: identity("dispatcher-5") }, verdicts) ?? Buffer.alloc(0);
}

function confirmationOf({
  unit,
  tag,
  form,
  pid,
  number,
}: Sent & { readonly unit: string; readonly tag: number; readonly form: string }): Buffer {
  switch (form) {
    case "oid":
      return packet([Number(unit), command(0x20, tag)]);
    case "sid":
      return packet([null, commandTo(0x20, tag, Number(unit))]);
    case "cid":
      return packet([null, command(0x20, tag)]);
    case "record":
      return answer(pid, 0, writeRecord(HEAD, recordResponse(number, 0)));
    default:
      return answer(pid, 131);
  }
}
