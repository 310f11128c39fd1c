/** Galileosky on the wire: every frame of the specification, detection, framing, tags, the tunnel, and what goes to the interpreter. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandPacket } from "../../protocols/galileosky/commands.ts";
import { GalileoskyFramer } from "../../protocols/galileosky/framer.ts";
import { galileosky } from "../../protocols/galileosky/index.ts";
import { Listener } from "../../protocols/galileosky/listener.ts";
import { recordsIn, statusOf } from "../../protocols/galileosky/status.ts";
import { unwrap, wrap } from "../../protocols/galileosky/tunnel.ts";
import { HEAD, MAX_BODY_BYTES, type Packet, readPacket, writePacket } from "../../protocols/galileosky/wire.ts";
import { fmiFrame } from "../../protocols/garmin-fmi/wire.ts";
import { bytesOf, IMEI, knownTo, pageFrames, replyOf, singly, unitsOf } from "./page-frames.ts";

const FRAMES = pageFrames(galileosky);
const ups = FRAMES.filter(({ dir }) => dir === "up");
const downs = FRAMES.filter(({ dir }) => dir === "down");
const MAIN = writePacket(HEAD.pack, bytesOf("0432001007002000f15365300960734203d4bc8101330b028403"));

function packetOf(hex: string): Packet {
  const packet = readPacket(bytesOf(hex));
  if (packet === null) throw new Error("no packet");
  return packet;
}

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ dir, hex }) => {
    const { title, fields } = galileosky.explain(bytesOf(hex), dir);
    expect(title).not.toContain("not");
    expect(fields.length).toBeGreaterThan(0);
    if (hex.length === 6) return;
    const { head, body, archive, sound } = packetOf(hex);
    expect(sound).toBe(true);
    expect(writePacket(head, body, archive).toString("hex")).toBe(hex);
  });

  it("are framed exactly, joined and byte by byte", () => {
    for (const [frames, framer] of [
      [ups, () => new GalileoskyFramer()],
      [downs, () => new Listener()],
    ] as const) {
      const stream = bytesOf(frames.map(({ hex }) => hex).join(""));
      const whole = frames.map(({ hex }) => `frame ${hex}`);
      expect(unitsOf(framer(), [stream])).toEqual(whole);
      expect(unitsOf(framer(), singly(stream))).toEqual(whole);
    }
  });

  it("get the page's acknowledgements, at the login and after it", () => {
    const answers = ["029a15", "02801c", "028590", "02fdef"];
    expect(ups.map(({ hex }) => replyOf(galileosky.connect().decode(bytesOf(hex))))).toEqual(answers);
    const again = ups.map(({ hex }) => {
      const codec = galileosky.connect();
      codec.decode(bytesOf(hex));
      codec.identified({ trackerId: 1, deviceId: IMEI, profile: {}, secret: null });
      return replyOf(codec.decode(bytesOf(hex)));
    });
    expect(again).toEqual(answers);
    for (const { hex } of ups)
      expect(replyOf(galileosky.connect().decode(bytesOf(hex)), { type: "refused", reason: "unknown-device" })).toBeNull();
  });

  it("commands are built as the page has them", () => {
    const built = [
      commandPacket({ imei: "123456789012345", device: 0 }, 0, Buffer.from("status")),
      commandPacket({ imei: "865905021234567", device: 0 }, 0x1001, Buffer.from("status")),
    ].map((packet) => packet.toString("hex"));
    for (const packet of built) expect(downs.map(({ hex }) => hex)).toContain(packet);
  });

  it("the tunnel is the page's", () => {
    const text = packetOf(downs.at(-1)?.hex ?? "").body;
    expect(wrap(text, { tunnelHead: HEAD.tunnel, tunnelFraming: "serial" }).toString("hex")).toBe(downs.at(-1)?.hex);
  });

  it("a damaged frame gets no acknowledgement, whatever it is", () => {
    const damaged = fc
      .constantFrom(...ups)
      .chain(({ hex }) => fc.tuple(fc.constant(hex), fc.integer({ min: 3, max: hex.length / 2 - 1 }), fc.integer({ min: 1, max: 255 })));
    fc.assert(
      fc.property(damaged, ([hex, at, mask]) => {
        const frame = bytesOf(hex);
        frame[at] = (frame[at] ?? 0) ^ mask;
        for (const codec of [galileosky.connect(), knownTo(galileosky, { console: true })]) {
          const reading = codec.decode(frame);
          expect(reading.events.map(({ type }) => type)).toEqual(["bad"]);
          expect(reading.reply).toBeUndefined();
        }
      }),
    );
  });
});

describe("framing", () => {
  const wholeMain = `frame ${MAIN.toString("hex")}`;

  it("takes the longest packet and no longer one", () => {
    const longest = writePacket(HEAD.photo, Buffer.alloc(MAX_BODY_BYTES, 0xee));
    expect(unitsOf(new GalileoskyFramer(), [longest, MAIN])).toEqual([`frame ${longest.toString("hex")}`, wholeMain]);
    const longer = writePacket(HEAD.photo, Buffer.alloc(MAX_BODY_BYTES + 1, 0xee));
    const units = unitsOf(new GalileoskyFramer(), [longer, MAIN]);
    expect(units.at(0)?.startsWith("noise")).toBe(true);
    expect(units.at(-1)).toBe(wholeMain);
  });

  it("behind bytes that are none it waits for a packet of the manual's size only", () => {
    const frames = (bytes: number) => unitsOf(new GalileoskyFramer(), [Buffer.of(0x55), writePacket(HEAD.pack, Buffer.alloc(bytes, 0xee))]);
    expect(frames(1_000).at(-1)?.startsWith("frame 01e803")).toBe(true);
    expect(frames(1_001).some((unit) => unit.startsWith("frame"))).toBe(false);
  });

  it("gives a stream up that has nothing but false heads", () => {
    const false17 = Buffer.concat([Buffer.of(0x55), ...Array<Buffer>(17).fill(bytesOf("070200aabbccdd"))]);
    expect(unitsOf(new GalileoskyFramer(), [false17]).at(-1)).toBe("broken");
    expect(unitsOf(new GalileoskyFramer(), singly(false17)).at(-1)).toBe("broken");
    const one = Buffer.concat([false17.subarray(0, 1 + 16 * 7), MAIN]);
    expect(unitsOf(new GalileoskyFramer(), [one, Buffer.of(0x55), one.subarray(1)]).filter((unit) => unit === wholeMain)).toHaveLength(2);
  });

  it("tells an Iridium message from a pack, which has its length the other way round", () => {
    const iridium = Buffer.concat([bytesOf("01001f01001c"), Buffer.alloc(28, 0x31)]);
    expect(unitsOf(new GalileoskyFramer(), [iridium, MAIN])).toEqual([`frame ${iridium.toString("hex")}`, wholeMain]);
    expect(galileosky.detect(iridium)).toBe("no");
    expect(knownTo(galileosky).decode(iridium)).toEqual({ events: [{ type: "alive" }] });
    const { title, fields } = galileosky.explain(iridium, "up");
    expect(title).toContain("Iridium");
    expect(fields.find(({ name }) => name === "IMEI")?.value).toBe("1".repeat(15));
  });

  it("does not follow a server that makes no sense", () => {
    expect(unitsOf(new Listener(), [bytesOf("029a1501ffff")])).toEqual(["frame 029a15", "broken"]);
  });
});

describe("tags", () => {
  it("whose IMEI is no number open no line", () => {
    for (const imei of ["..%2f..%2f..%2f", "{}\0\r\n          ", "12345678901234x", "x".repeat(15)]) {
      const reading = galileosky.connect().decode(writePacket(HEAD.pack, Buffer.concat([Buffer.of(3), Buffer.from(imei)])));
      expect(reading.events.map(({ type }) => type)).toEqual(["bad"]);
      expect(reading.reply).toBeUndefined();
    }
  });

  it("are never an error, whatever they are", () => {
    const codec = knownTo(galileosky, { console: true });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom("", "03313233343536373839303132333435", "04320000e000000000e1"),
        (rest, start) => {
          const packet = writePacket(HEAD.pack, Buffer.concat([bytesOf(start), Buffer.from(rest)]));
          const { events } = codec.decode(packet);
          expect(events.length).toBeGreaterThan(0);
          expect(galileosky.explain(packet, "up").title).toBe("device: pack");
        },
      ),
    );
  });

  it("give the speed of the newest record, unless more waits in the archive", () => {
    expect(statusOf(packetOf(MAIN.toString("hex")))).toEqual({ type: "status", speedKmh: 52.3 });
    expect(statusOf({ ...packetOf(MAIN.toString("hex")), archive: true })).toBeNull();
    const record = (time: string, place: string, speed: string) => `20${time}30${place}6073420300000000${speed}`;
    const of = (...records: string[]) => statusOf(packetOf(writePacket(HEAD.pack, bytesOf(records.join(""))).toString("hex")));
    expect(of(record("02000000", "09", "330a000000"), record("01000000", "09", "33ff000000"))).toEqual({ type: "status", speedKmh: 1 });
    expect(of(record("02000000", "19", "330a000000"))).toBeNull();
    expect(of(record("02000000", "09", ""))).toBeNull();
    expect(of(record("02000000", "09", "330a000000"), "ff")).toBeNull();
    expect(of(record("02000000", "09", "330a0000"))).toBeNull();
    expect(of("20020000", "")).toBeNull();
  });

  it("of every documented size are walked over", () => {
    const body = bytesOf("e10461626364ea0201025c".concat("00".repeat(68), "fe030001020310"));
    expect(recordsIn(Buffer.concat([body, Buffer.of(7, 0)]))).toHaveLength(3);
    for (const cut of ["e1", "e105aa", "fe", "fe0400aa", "5b"]) expect(recordsIn(bytesOf(cut))).toBeNull();
  });
});

describe("the tunnel", () => {
  it("bare, takes the serial framing off and puts it on again", () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.array(fc.oneof(fc.constant(0x10), fc.nat(255)), { maxLength: 200 }), (id, content) => {
        const frame = fmiFrame(id, Buffer.from(content));
        const { body } = packetOf(wrap(frame, { tunnelHead: 6, tunnelFraming: "bare" }).toString("hex"));
        expect(body[0]).toBe(0xa1);
        expect(body[1]).toBe(content.length + 2);
        expect(body).toHaveLength(content.length + 5);
        expect(unwrap(body, { tunnelFraming: "bare" })).toEqual(frame);
        expect(unwrap(frame, { tunnelFraming: "serial" })).toBe(frame);
      }),
    );
  });
});

describe("detection", () => {
  it.each([
    ["01148001820214033836363731303033373930343936359a15", "yes"],
    ["011780011102e603383633353931303238393630323437", "yes"],
    ["011380033836383230343030313534393038", "more"],
    ["01138003383638323034303031353439303837", "yes"],
    ["0156000338363630353030333834333735383604", "yes"],
    ["01", "more"],
    ["", "more"],
    ["0114800182", "more"],
    ["0113800338363832303430303135343930383a", "no"],
    ["01ba83106c02", "no"],
    ["01ff7f03", "no"],
    ["01004e01001c", "no"],
    ["0100030b00", "no"],
    ["0607", "no"],
    ["7e", "no"],
  ] as const)("%s: %s", (hex, answer) => {
    expect(galileosky.detect(bytesOf(hex))).toBe(answer);
  });
});

describe("what goes down", () => {
  const order = (text: string, tag = 1) => ({ type: "text", text, urgent: false, tag }) as const;

  it("to the interpreter has a number of its own for every text and tag, never 0, and the same again", () => {
    const codec = knownTo(galileosky, { console: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff }), fc.stringMatching(/^[a-z]{1,20}$/), (tag, text) => {
        const [first, again] = [codec.encode(order(text, tag)), codec.encode(order(text, tag))];
        if (first.type === "refused") throw new Error(first.reason);
        expect(again).toEqual(first);
        const { body, sound } = packetOf(first.parts[0].bytes.toString("hex"));
        expect(sound).toBe(true);
        expect(body.toString("latin1", 0, 16)).toBe(`\x03${IMEI}`);
        expect(String(body.readUInt32LE(20))).toBe(first.parts[0].tag);
        expect(body.readUInt16LE(20)).toBe(tag);
        expect(body.subarray(26).toString()).toBe(text);
      }),
    );
  });

  it("is refused with a reason, and the API is told the same", () => {
    for (const [text, profile] of [
      ["status", {}],
      ["x".repeat(256), { console: true }],
      ["привет", { console: true }],
      ["reset", { console: true, allowedCommands: ["status"] }],
    ] as const) {
      const preview = galileosky.preview(text, profile);
      expect(knownTo(galileosky, profile).encode(order(text))).toMatchObject({ type: "refused", reason: preview.refusal });
      expect(preview.empty).toBe(true);
    }
    expect(galileosky.preview("x".repeat(255), { console: true })).toMatchObject({ empty: false, bytesPerPart: 255, parts: 1 });
  });

  it("to a Garmin is in parts of 199 bytes, in UTF-8", () => {
    expect(galileosky.preview("ы".repeat(200), { inner: "garmin-fmi" })).toMatchObject({
      charset: "utf8",
      bytesPerPart: 199,
      parts: 3,
      empty: false,
    });
    const codec = knownTo(galileosky, { inner: "garmin-fmi" });
    expect(codec.ready).toBe(false);
    expect(codec.encode(order("Hello")).type).toBe("parts");
  });

  it("is for a console, or a chat with a Garmin, and the protocol says so", () => {
    expect(galileosky.capabilities).toMatchObject({ textDown: "console", textUp: false, receipts: "by-tag", attempts: 3 });
    expect(galileosky.under?.({ inner: "garmin-fmi" })).toMatchObject({ textDown: "chat", textUp: true, read: true, choices: true });
    expect(galileosky.under?.({})).toEqual({});
  });
});
