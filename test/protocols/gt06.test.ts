/** GT06 on the wire: every frame of the specification, detection, framing, answers, and what goes to the interpreter. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandPacket } from "../../protocols/gt06/commands.ts";
import { Gt06Framer } from "../../protocols/gt06/framer.ts";
import { gt06 } from "../../protocols/gt06/index.ts";
import { statusOf } from "../../protocols/gt06/status.ts";
import { MAX_PACKET_BYTES, type Packet, readPacket, writePacket } from "../../protocols/gt06/wire.ts";
import { crc16X25, numberedText } from "../../src/core/index.ts";
import { bytesOf, IMEI, knownTo, pageFrames, replyOf, singly, unitsOf } from "./page-frames.ts";

const FRAMES = pageFrames(gt06);
const ups = FRAMES.filter(({ dir }) => dir === "up");
const HEARTBEAT = bytesOf("78780a134004040001000fdcee0d0a");

function packetOf(hex: string): Packet {
  const parsed = readPacket(bytesOf(hex));
  if (parsed.type === "bad") throw new Error(parsed.reason);
  return parsed.packet;
}

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ dir, hex }) => {
    const { title, fields } = gt06.explain(bytesOf(hex), dir);
    expect(title).not.toContain("not a");
    expect(fields.length).toBeGreaterThan(3);
    expect(writePacket(packetOf(hex)).toString("hex")).toBe(hex);
  });

  it("are framed exactly, joined and byte by byte", () => {
    const stream = bytesOf(ups.map(({ hex }) => hex).join(""));
    const whole = ups.map(({ hex }) => `frame ${hex}`);
    expect(unitsOf(new Gt06Framer(), [stream])).toEqual(whole);
    expect(unitsOf(new Gt06Framer(), singly(stream))).toEqual(whole);
  });

  it("get the page's answers", () => {
    const answers = new Map(ups.map(({ hex, means }) => [means, replyOf(knownTo(gt06).decode(bytesOf(hex)))]));
    expect(answers.get("login, IMEI 123456789012345, serial 1")).toBe("787805010001d9dc0d0a");
    expect(answers.get("extended login, type 7000, zone 3201")).toBe("7878050100059ff80d0a");
    for (const [means, answer] of answers) if (/^(new )?reply|^old|serial data|time/.test(means)) expect(answer).toBeNull();
    const clock = knownTo(gt06, {}, () => Date.UTC(2015, 11, 29, 0, 0, 21));
    expect(replyOf(clock.decode(bytesOf("7878058a000688290d0a")))).toBe("78780b8a0f0c1d0000150006f0860d0a");
  });

  it.each([
    ["Relay,1#", { flag: 0, serial: 0, language: "none" }],
    ["sos#", { flag: 0, serial: 1, language: "none" }],
    ["DYD,000000#", { flag: 0x1a958, serial: 0xa0, language: "none" }],
    ["HFYD,000000#", { flag: 0x1a963, serial: 0xa0, language: "none" }],
    ["STATUS#", { flag: 0x1234, serial: 7, language: "english" }],
  ] as const)("the command %s is built as the page has it", (text, rest) => {
    const packet = commandPacket({ ...rest, text: Buffer.from(text) });
    expect(FRAMES.map(({ hex }) => hex)).toContain(packet.toString("hex"));
  });

  it("a damaged frame gets no answer, whatever it is", () => {
    const codec = knownTo(gt06, { console: true });
    const damaged = fc
      .constantFrom(...ups)
      .chain(({ hex }) => fc.tuple(fc.constant(hex), fc.integer({ min: 2, max: hex.length / 2 - 3 }), fc.integer({ min: 1, max: 255 })));
    fc.assert(
      fc.property(damaged, ([hex, at, mask]) => {
        const frame = bytesOf(hex);
        frame[at] = (frame[at] ?? 0) ^ mask;
        const reading = codec.decode(frame);
        expect(reading.events.map(({ type }) => type)).toEqual(["bad"]);
        expect(reading.reply).toBeUndefined();
      }),
    );
  });
});

describe("framing", () => {
  it("reads any packet that it writes, 0D 0A inside and all", () => {
    const byte = fc.oneof(fc.constantFrom(0x0d, 0x0a, 0x78, 0x79), fc.nat(255));
    const packet = fc.record({
      form: fc.constantFrom("short", "long"),
      type: fc.nat(255),
      serial: fc.nat(0xffff),
      content: fc.array(byte, { maxLength: 250 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 5 }), (packets) => {
        const written = packets.map((one) => writePacket(one));
        expect(unitsOf(new Gt06Framer(), [Buffer.concat(written)])).toEqual(written.map((one) => `frame ${one.toString("hex")}`));
        expect(written.map((one) => packetOf(one.toString("hex")))).toEqual(packets);
      }),
    );
  });

  it("takes the longest packet and no longer one", () => {
    const whole = (bytes: number) => writePacket({ form: "long", type: 0x21, serial: 1, content: Buffer.alloc(bytes - 11, 1) });
    expect(unitsOf(new Gt06Framer(), [whole(MAX_PACKET_BYTES)])).toHaveLength(1);
    const longer = unitsOf(new Gt06Framer(), [whole(MAX_PACKET_BYTES + 1), HEARTBEAT]);
    expect(longer.at(0)).toBe("noise 7979");
    expect(longer.at(-1)).toBe(`frame ${HEARTBEAT.toString("hex")}`);
  });

  it("does not wait for an end that never comes", () => {
    const units = unitsOf(new Gt06Framer(), [Buffer.concat([bytesOf("787800"), Buffer.alloc(MAX_PACKET_BYTES, 1), HEARTBEAT])]);
    expect(units.at(-1)).toBe(`frame ${HEARTBEAT.toString("hex")}`);
  });

  it("a damaged length costs its own packet only", () => {
    fc.assert(
      fc.property(fc.nat(0xff), (length) => {
        const wrong = Buffer.from(HEARTBEAT);
        wrong[2] = length;
        const next = writePacket({ form: "short", type: 0x22, serial: 2, content: Buffer.alloc(34, 1) });
        const stream = Buffer.concat([wrong, next, ...Array(17).fill(HEARTBEAT)]);
        const units = unitsOf(new Gt06Framer(), [stream]);
        expect(units).toContain(`frame ${next.toString("hex")}`);
        const frames = (some: readonly string[]) => some.filter((unit) => unit.startsWith("frame"));
        expect(frames(unitsOf(new Gt06Framer(), singly(stream)))).toEqual(frames(units));
      }),
    );
  });

  it("a length that was wrong from the start does no harm", () => {
    fc.assert(
      fc.property(fc.nat(0xff), (length) => {
        const wrong = Buffer.from(HEARTBEAT);
        wrong[2] = length;
        wrong.writeUInt16BE(crc16X25(wrong.subarray(2, -4)), wrong.length - 4);
        expect(unitsOf(new Gt06Framer(), [wrong])).toEqual([`frame ${wrong.toString("hex")}`]);
        expect(readPacket(wrong)).toMatchObject({ packet: { type: 0x13, serial: 15 } });
      }),
    );
  });

  it("writes nothing that its length cannot say", () => {
    const content = Buffer.alloc(251);
    expect(() => writePacket({ form: "short", type: 0x80, serial: 1, content })).toThrow(RangeError);
    expect(writePacket({ form: "short", type: 0x80, serial: 1, content: content.subarray(1) })).toHaveLength(260);
  });
});

describe("status", () => {
  const of = (type: number, content: string, form: Packet["form"] = "short") =>
    statusOf({ form, type, serial: 1, content: bytesOf(content) });
  const place = "0f0c1d023305c9027ac8180c465860";
  const cell = "01cc00287d001f71";

  it("is speed, and ignition where it stands beyond doubt", () => {
    expect(of(0x12, `${place}371400${cell}`)).toEqual({ type: "status", speedKmh: 55 });
    expect(of(0x22, `${place}371400${cell}010000`)).toEqual({ type: "status", speedKmh: 55, ignition: true });
    expect(of(0x22, `${place}371400${cell}`)).toEqual({ type: "status", speedKmh: 55 });
    expect(of(0x22, `${place}371400${cell}070000`)).toEqual({ type: "status", speedKmh: 55 });
    expect(of(0xa0, `${place}371400${"01cc000000287d0000000000001f71"}000000`)).toEqual({ type: "status", speedKmh: 55, ignition: false });
    expect(of(0x22, `${place}371400${"81cc000100287d001f71".slice(0, 8)}287d001f71010000`)).toMatchObject({ speedKmh: 55, ignition: true });
    expect(of(0x13, "4604040002")).toEqual({ type: "status", ignition: true });
    expect(of(0x13, "4404040002")).toEqual({ type: "status", ignition: false });
  });

  it("is nothing without a position, from the past, of impossible times and places, or of other lengths", () => {
    expect(of(0x22, `${place}370400${cell}010000`)).toBeNull();
    expect(of(0x22, `${place}371400${cell}010001`)).toBeNull();
    expect(of(0x12, `0f0d1d023305c9027ac8180c465860371400${cell}`)).toBeNull();
    expect(of(0x12, `0f0c1d183305c9027ac8180c465860371400${cell}`)).toBeNull();
    expect(of(0x12, `0f0c1d023305c9ffffffff0c465860371400${cell}`)).toBeNull();
    expect(of(0x12, place)).toBeNull();
    expect(of(0x13, "460404000200")).toBeNull();
    expect(of(0x13, "4604040002", "long")).toBeNull();
    expect(of(0x28, `${place}371400${cell}`)).toBeNull();
  });
});

describe("detection", () => {
  it.each([
    ["78780d01012345678901234500018cdd0d0a", "yes"],
    ["78781101075253367890024270003201000512790d0a", "yes"],
    ["78780d01012345", "more"],
    ["7878", "more"],
    ["78", "more"],
    ["", "more"],
    ["78780d010123456789a1234500018cdd0d0a", "no"],
    ["78780d12012345678901234500018cdd0d0a", "no"],
    ["78780c01", "no"],
    ["78782101", "no"],
    ["79790012", "no"],
    ["7e", "no"],
    ["000f3132", "no"],
  ] as const)("%s: %s", (hex, answer) => {
    expect(gt06.detect(bytesOf(hex))).toBe(answer);
  });
});

describe("what goes to the interpreter", () => {
  const order = (text: string, tag: number) => ({ type: "text", text, urgent: false, tag }) as const;

  it("has a flag of its own for every text and tag, never 0, and the same again", () => {
    const codec = knownTo(gt06, { console: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff }), fc.stringMatching(/^[A-Z]{1,20}#$/), (tag, text) => {
        const [first, again] = [codec.encode(order(text, tag)), codec.encode(order(text, tag))];
        if (first.type === "refused") throw new Error(first.reason);
        expect(again).toEqual(first);
        const { bytes, tag: name } = first.parts[0];
        const packet = packetOf(bytes.toString("hex"));
        expect(packet.serial).toBe(tag);
        expect(String(packet.content.readUInt32BE(1))).toBe(name);
        expect(packet.content.readUInt16BE(3)).toBe(tag);
        expect(packet.content.subarray(5).toString()).toBe(text);
      }),
    );
  });

  it("is refused with a reason, and the API is told the same", () => {
    for (const [text, profile] of [
      ["STATUS#", {}],
      [numberedText("Reset?", ["yes", "no"]), { console: true }],
      ["X".repeat(246), { console: true }],
      ["X".repeat(244), { console: true, language: "chinese" }],
      ["RELAY,1#", { console: true, allowedCommands: ["STATUS#"] }],
    ] as const) {
      const encoded = knownTo(gt06, profile).encode(order(text, 1));
      const preview = gt06.preview(text, profile);
      expect(encoded).toMatchObject({ type: "refused", reason: preview.refusal });
      expect(preview.empty).toBe(true);
    }
    expect(gt06.preview("X".repeat(243), { console: true, language: "english" })).toMatchObject({
      empty: false,
      bytesPerPart: 243,
      parts: 1,
    });
  });

  it("is for a console, and the protocol says so", () => {
    expect(gt06.capabilities).toMatchObject({ textDown: "console", textUp: false, receipts: "by-tag", window: 1, attempts: 3 });
    expect(gt06.connect().encode(order("STATUS#", 1)).type).toBe("refused");
  });
});

describe("explanations", () => {
  it("name flags, commands, languages and what is wrong", () => {
    const words = (hex: string, direction: "up" | "down") => JSON.stringify(gt06.explain(bytesOf(hex), direction));
    expect(words("787813800b000012345354415455532300020007ba360d0a", "down")).toMatch(/00001234.*STATUS#.*English/);
    expect(words("787815800f0001a9584459442c3030303030302300a0dcf10d0a", "down")).not.toContain("language");
    expect(words("7979000e2100001234026d4b8bd50056c7500d0a", "up")).toMatch(/00001234.*测试/);
    expect(words("78780d01012345678901234500018cdd0d0a", "up")).toContain(IMEI);
    expect(words("78780d01012345678901234500018cde0d0a", "up")).toContain("the CRC is wrong");
    expect(words("0d0a", "up")).toContain("not a GT06 packet");
  });
});
