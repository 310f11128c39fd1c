/** Garmin FMI on the wire: every frame of the specification, the link layer, and any bytes at all. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainPayload } from "../../protocols/carried/index.ts";
import {
  attachBody,
  driverReplyBody,
  driverTextBody,
  enableBody,
  fmiTime,
  longTextBodies,
  namedBody,
  openTextBody,
  responseBody,
  textBody,
  timedBody,
  u32,
  uniqueBody,
} from "../../protocols/garmin-fmi/bodies.ts";
import { ID } from "../../protocols/garmin-fmi/layout.ts";
import { Link } from "../../protocols/garmin-fmi/link.ts";
import { choiceOf, idField, MAX_CHOICES, messageId, ownTag, responseId } from "../../protocols/garmin-fmi/message-id.ts";
import { ackFrame, fmiFrame, MAX_FRAME_BYTES, nakFrame, PACKET, PacketFramer, readPacket, seal } from "../../protocols/garmin-fmi/wire.ts";

const FRAMES = JSON.parse(readFileSync(new URL("garmin-fmi.frames.json", import.meta.url), "utf8")) as readonly {
  readonly dir: "up" | "down";
  readonly hex: string;
  readonly means: string;
}[];
const HEXES = new Set(FRAMES.map(({ hex }) => hex));
const FIRST = fmiTime(Date.UTC(2026, 8, 28, 12));
const SECOND = fmiTime(Date.UTC(2023, 10, 14, 22, 13, 20));
const RAW = "\u0001\0\0\0";
const RAW_2 = "\u0002\0\0\0";
const EMPTY = Buffer.alloc(0);

function framesOf(pieces: readonly Buffer[]): readonly string[] {
  const framer = new PacketFramer();
  const frames: string[] = [];
  for (const piece of pieces) {
    framer.push(Buffer.from(piece));
    for (let frame = framer.next(); frame !== null; frame = framer.next()) frames.push(frame.toString("hex").toUpperCase());
  }
  return frames;
}

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ hex }) => {
    const read = readPacket(Buffer.from(hex, "hex"));
    if (read.type === "bad") throw new Error(read.reason);
    expect(seal(read.id, read.payload).toString("hex").toUpperCase()).toBe(hex);
    const words = JSON.stringify(explainPayload(Buffer.from(hex, "hex")));
    expect(words).toMatch(/FMI|ACK|NAK/);
    expect(words).not.toContain("not known");
    expect(words).not.toContain("layout ends");
  });

  it("are cut out exactly, joined, byte by byte, and out of rubbish", () => {
    const all = FRAMES.map(({ hex }) => hex);
    const stream = Buffer.from(all.join(""), "hex");
    expect(framesOf([stream])).toEqual(all);
    expect(framesOf([...stream].map((byte) => Buffer.of(byte)))).toEqual(all);
    expect(framesOf([Buffer.from(`00ff1003${all.join("1010aa")}`, "hex")])).toEqual(all);
    // A frame that was cut off gives way to the next.
    expect(framesOf([Buffer.from("10A11A2B00C00A1D", "hex"), stream])).toEqual(all);
  });

  const text = (value: string): Buffer => Buffer.from(value);
  const set1 = { id: "00000042", time: FIRST, now: true };
  const written: readonly (readonly [string, Buffer])[] = [
    ["002B, set 1", fmiFrame(ID.textReceipt, timedBody(FIRST, 8, idField("00000042"), 1))],
    ["0041 read", fmiFrame(ID.status, namedBody(8, idField("00000042"), 1))],
    ["0024", fmiFrame(ID.driverText, driverTextBody(FIRST, 7, text("On my way")))],
    ["0020", fmiFrame(ID.pressed, Buffer.concat([timedBody(FIRST, 8, idField("00000042")), u32(1)]))],
    ["0004", fmiFrame(ID.unicodeRequest, EMPTY)],
    ["002B refused", fmiFrame(ID.textReceipt, timedBody(SECOND, 4, idField(RAW)))],
    ["0041 not found", fmiFrame(ID.status, namedBody(4, idField(RAW), 2))],
    ["0026", fmiFrame(ID.driverReply, driverReplyBody(SECOND + 60, 8, RAW, text("OK")))],
    ["002E", fmiFrame(ID.removed, namedBody(4, idField(RAW), 1))],
    ["0261", fmiFrame(ID.pingResponse, EMPTY)],
    ["0029", fmiFrame(ID.attached, namedBody(4, idField(RAW)))],
    ["0032", fmiFrame(ID.responseSet, Buffer.concat([u32(1), u32(1)]))],
    ["0000 with features", fmiFrame(ID.enable, enableBody(true))],
    ["002A, set 1", fmiFrame(ID.text, textBody({ ...set1, text: text("Привет") }))],
    ["0028, set 1", fmiFrame(ID.attach, attachBody("00000042", [1, 2]))],
    ["0001", fmiFrame(ID.productRequest, EMPTY)],
    ["0005", fmiFrame(ID.unicodeResponse, EMPTY)],
    ["link ACK", ackFrame(PACKET.fmi)],
    ["link NAK", nakFrame(PACKET.fmi)],
    ["002A, inbox", fmiFrame(ID.text, textBody({ id: RAW, time: SECOND, now: false, text: text("Hello driver") }))],
    ["002A, now", fmiFrame(ID.text, textBody({ id: RAW_2, time: SECOND, now: true, text: text("Привет") }))],
    ["0021", fmiFrame(ID.openText, openTextBody(SECOND, text("Hi")))],
    ["0040", fmiFrame(ID.statusRequest, namedBody(4, idField(RAW)))],
    ["002D", fmiFrame(ID.remove, namedBody(4, idField(RAW)))],
    ["002C", fmiFrame(ID.pressedReceipt, namedBody(4, idField(RAW)))],
    ["0025", fmiFrame(ID.driverTextReceipt, uniqueBody(7))],
    ["0025, 10 doubled", fmiFrame(ID.driverTextReceipt, uniqueBody(16))],
    ["0030", fmiFrame(ID.setResponse, responseBody(1, text("Yes boss")))],
    ["0028, set 2", fmiFrame(ID.attach, attachBody(RAW, [1, 2]))],
    ["0055", fmiFrame(ID.longText, longTextBodies({ id: RAW, time: SECOND, now: false, text: text("Short long") })[0])],
    ["0260", fmiFrame(ID.ping, EMPTY)],
  ];

  it.each(written)("are what is written here: %s", (_name, frame) => {
    expect(HEXES).toContain(frame.toString("hex").toUpperCase());
  });
});

describe("the link frame", () => {
  it("carries any payload, doubling 10 wherever it stands", () => {
    const byte = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(0x10, 0x03) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 255 }), (content) => {
        const frame = seal(PACKET.fmi, Buffer.from(content));
        expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
        expect(framesOf([frame])).toEqual([frame.toString("hex").toUpperCase()]);
        expect(readPacket(frame)).toEqual({ type: "packet", id: PACKET.fmi, payload: Buffer.from(content) });
      }),
    );
    expect(() => seal(PACKET.fmi, Buffer.alloc(256))).toThrow(RangeError);
  });

  it("that is damaged is bad, and one that never ends is dropped", () => {
    expect(readPacket(Buffer.from("10A1020400581003", "hex"))).toMatchObject({ type: "bad", id: 0xa1 });
    expect(readPacket(Buffer.from("10A1030400591003", "hex"))).toMatchObject({ type: "bad" });
    expect(framesOf([Buffer.from("10A1", "hex"), Buffer.alloc(600, 7), Buffer.from("10A1020400591003", "hex")])).toEqual([
      "10A1020400591003",
    ]);
  });
});

describe("the link", () => {
  const packet = (name: string, forever = false) => ({ bytes: Buffer.from(name), packet: PACKET.fmi, key: name, forever });
  const sent = (link: Link<string>, now: number): readonly string[] => link.tick(now).send.map((bytes) => bytes.toString());

  it("has one packet under way, and repeats it three times", () => {
    const link = new Link<string>(1_000);
    link.add(packet("one"));
    link.add(packet("two"));
    expect(sent(link, 0)).toEqual(["one"]);
    expect(sent(link, 999)).toEqual([]);
    for (const now of [1_000, 2_000, 3_000]) expect(sent(link, now)).toEqual(["one"]);
    expect(link.tick(4_000)).toMatchObject({ lost: ["one"], send: [Buffer.from("two")], at: 5_000 });
    expect(link.acknowledged(PACKET.unitId)).toBeNull();
    expect(link.acknowledged(PACKET.fmi)).toBe("two");
    expect(link.acknowledged(PACKET.fmi)).toBeNull();
    expect(link.idle).toBe(true);
  });

  it("sends again at once what the other side complains of, but not for ever", () => {
    const link = new Link<string>(1_000);
    link.add(packet("one"));
    expect(sent(link, 0)).toEqual(["one"]);
    for (let turn = 0; turn < 3; turn += 1) {
      link.complained(PACKET.fmi);
      expect(sent(link, 1)).toEqual(["one"]);
    }
    link.complained(PACKET.fmi);
    expect(link.tick(1).lost).toEqual(["one"]);
  });

  it("never gives the enable up, only asks less often", () => {
    const link = new Link<string>(30_000);
    link.add(packet("enable", true));
    const times: number[] = [];
    let at: number | null = 0;
    for (let turn = 0; turn < 12 && at !== null; turn += 1) {
      times.push(at);
      const ticked = link.tick(at);
      expect(ticked.send).toHaveLength(1);
      at = ticked.at;
    }
    expect(times.slice(0, 5)).toEqual([0, 30_000, 60_000, 90_000, 120_000]);
    expect((times[11] ?? 0) - (times[10] ?? 0)).toBe(300_000);
  });
});

describe("message ids", () => {
  it("depend on the order alone and differ when tags start anew", () => {
    expect(messageId(1, "Hello")).toBe(messageId(1, "Hello"));
    expect(messageId(1, "Hello")).not.toBe(messageId(65_537, "World"));
    expect(messageId(0x2a, "Hello")).toMatch(/^002a[0-9a-f]{4}$/);
    expect(ownTag(8, idField("002a1234"))).toBe("002a1234");
    expect(ownTag(8, idField("00000042"))).toBe("00000042");
    expect(ownTag(4, idField(RAW))).toBeNull();
  });

  it("give each question's answers ids of their own", () => {
    const [one, two] = [messageId(1, "a"), messageId(2, "b")];
    expect(choiceOf(one, responseId(one, 7))).toBe(7);
    expect(choiceOf(two, responseId(one, 7))).toBeNull();
    expect(choiceOf(one, 1)).toBeNull();
    expect(choiceOf(one, responseId(one, MAX_CHOICES))).toBeNull();
  });
});
