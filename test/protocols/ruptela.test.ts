/** Ruptela on the wire: every frame of the specification, detection, framing, answers, records, and what goes to the interpreter. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsPayload } from "../../protocols/ruptela/device-packets.ts";
import { deviceSettingsOf } from "../../protocols/ruptela/device-profile.ts";
import { RuptelaFramer } from "../../protocols/ruptela/framer.ts";
import { ruptela } from "../../protocols/ruptela/index.ts";
import { UP } from "../../protocols/ruptela/messages.ts";
import { statusOf } from "../../protocols/ruptela/records.ts";
import {
  IMEI_BYTES,
  LENGTH_BYTES,
  MAX_COUNTED_BYTES,
  readDown,
  readUp,
  type UpPacket,
  writeDown,
  writeUp,
} from "../../protocols/ruptela/wire.ts";
import type { Codec } from "../../src/core/index.ts";
import { bytesOf, knownTo, pageFrames, replyOf, singly, unitsOf } from "./page-frames.ts";

const FRAMES = pageFrames(ruptela);
const ups = FRAMES.filter(({ dir }) => dir === "up");
const downs = FRAMES.filter(({ dir }) => dir === "down");
const KEY = "863071016793637";

function packetOf(hex: string): UpPacket {
  const parsed = readUp(bytesOf(hex));
  if (parsed.type === "bad") throw new Error(parsed.reason);
  return parsed.packet;
}

/** A codec on whose line the device of this frame has logged in. */
function lineOf(frame: Buffer, profile: Readonly<Record<string, unknown>> = {}): Codec {
  const codec = ruptela.connect();
  codec.decode(frame);
  codec.identified({ trackerId: 1, deviceId: KEY, profile, secret: null });
  return codec;
}

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ dir, hex }) => {
    const { title, fields } = ruptela.explain(bytesOf(hex), dir);
    expect(title).not.toContain("not");
    expect(fields.length).toBeGreaterThan(2);
    if (dir === "up") return void expect(writeUp(packetOf(hex)).toString("hex")).toBe(hex);
    const packet = readDown(bytesOf(hex));
    expect(writeDown(packet?.command ?? 0, packet?.payload ?? Buffer.alloc(0)).toString("hex")).toBe(hex);
  });

  it.each([
    ["up", ups],
    ["down", downs],
  ] as const)("%s are framed exactly, joined and byte by byte", (direction, frames) => {
    const stream = bytesOf(frames.map(({ hex }) => hex).join(""));
    const whole = frames.map(({ hex }) => `frame ${hex}`);
    expect(unitsOf(new RuptelaFramer(direction), [stream])).toEqual(whole);
    expect(unitsOf(new RuptelaFramer(direction), singly(stream))).toEqual(whole);
  });

  it("get the page's answers, at the login and after it", () => {
    const answers = ["0002640113bc", "0002640113bc", "00027301cb25", "00027401862d", null];
    expect(ups.map(({ hex }) => replyOf(ruptela.connect().decode(bytesOf(hex))))).toEqual(answers);
    expect(ups.map(({ hex }) => replyOf(lineOf(bytesOf(hex)).decode(bytesOf(hex))))).toEqual(answers);
    const dtc = writeUp({ key: KEY, command: UP.dtc, payload: Buffer.of(0) });
    expect(replyOf(lineOf(dtc).decode(dtc))).toBe("00026d01c4a4");
    const broken = writeUp({ key: KEY, command: UP.records, payload: Buffer.of(0) });
    expect(replyOf(lineOf(broken).decode(broken))).toBe("000264000235");
    for (const { hex } of ups)
      expect(replyOf(ruptela.connect().decode(bytesOf(hex)), { type: "refused", reason: "unknown-device" })).toBeNull();
  });

  it("commands are built as the page has them", () => {
    const built = ["Hello driver", " Setio 2,1"].map((text) => {
      const encoded = knownTo(ruptela, { console: true }).encode({ type: "text", text, urgent: false, tag: 1 });
      return encoded.type === "parts" ? encoded.parts[0].bytes.toString("hex") : encoded.reason;
    });
    expect(built).toEqual(["000d6c48656c6c6f20647269766572094c", "000b6c20536574696f20322c31eb3e"]);
  });

  it("a damaged frame gets no answer, whatever it is", () => {
    const damaged = fc
      .constantFrom(...ups)
      .chain(({ hex }) => fc.tuple(fc.constant(hex), fc.nat(hex.length / 2 - 1), fc.integer({ min: 1, max: 255 })));
    fc.assert(
      fc.property(damaged, ([hex, at, mask]) => {
        const codec = lineOf(bytesOf(hex), { console: true });
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
  const beat = writeUp({ key: KEY, command: UP.heartbeat, payload: Buffer.alloc(0) });
  const wholeBeat = `frame ${beat.toString("hex")}`;

  it("reads any packet that it writes", () => {
    const packet = fc.record({
      key: fc.bigInt({ min: 0n, max: 999_999_999_999_999n }).map((imei) => String(imei).padStart(15, "0")),
      command: fc.nat(255),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(packet, (one) => {
        expect(packetOf(writeUp(one).toString("hex"))).toEqual(one);
      }),
    );
  });

  it("takes the longest packet and no longer one", () => {
    const whole = (counted: number) => writeUp({ key: KEY, command: UP.records, payload: Buffer.alloc(counted - 9, 0xee) });
    expect(unitsOf(new RuptelaFramer("up"), [whole(MAX_COUNTED_BYTES)])).toHaveLength(1);
    const units = unitsOf(new RuptelaFramer("up"), [beat, whole(MAX_COUNTED_BYTES + 1), beat]);
    expect(units.filter((unit) => unit.startsWith("frame"))[0]).toBe(wholeBeat);
    expect(units.at(-1)).toBe(wholeBeat);
  });

  it("after any false length the line goes on with the device's next packet", () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.uint8Array({ maxLength: 60 }), (length, rubbish) => {
        const wrong = Buffer.concat([beat, Buffer.from(rubbish)]);
        wrong.writeUInt16BE(length);
        const later = Array<Buffer>(400).fill(beat);
        const stream = Buffer.concat([beat, wrong, ...later]);
        const units = unitsOf(new RuptelaFramer("up"), [stream]);
        const frames = units.filter((unit) => unit === wholeBeat).length;
        // Nobody can tell rubbish with a length from a packet, but it swallows no more than it claims.
        expect(frames).toBeGreaterThan(400 - 1 - Math.ceil((MAX_COUNTED_BYTES + 4) / beat.length));
        expect(units.at(-1)).toBe(wholeBeat);
      }),
      { numRuns: 50 },
    );
  });

  it("finds a packet behind rubbish although nobody is known yet", () => {
    expect(unitsOf(new RuptelaFramer("up"), [bytesOf("ffff00aa"), beat]).at(-1)).toBe(wholeBeat);
    expect(unitsOf(new RuptelaFramer("up"), singly(Buffer.concat([bytesOf("ffff00aa"), beat]))).at(-1)).toBe(wholeBeat);
  });

  it("reads the bytes behind false lengths a few times, not once for each", () => {
    const imei = beat.subarray(LENGTH_BYTES, LENGTH_BYTES + IMEI_BYTES);
    const swallowing = Buffer.concat([Buffer.of(0x0f, 0xff), imei]);
    const units = unitsOf(new RuptelaFramer("up"), [beat, Buffer.alloc(64 * 1024, swallowing)]);
    expect(units).toHaveLength(1 + 16 + 1);
    expect(units.at(-1)).toBe("broken");
    const few = Buffer.alloc(16 * swallowing.length, swallowing);
    expect(unitsOf(new RuptelaFramer("up"), [beat, few, beat, Buffer.alloc(4_096)])[1 + 16]).toBe(wholeBeat);
  });

  it("gives up a stream to the device that makes no sense", () => {
    expect(unitsOf(new RuptelaFramer("down"), [bytesOf("00027401862dffff")])).toEqual(["frame 00027401862d", "broken"]);
  });
});

describe("records", () => {
  it("give speed and ignition, of the newest", () => {
    for (const records of ["records", "extended"] as const) {
      const payload = recordsPayload(deviceSettingsOf({ records, count: 3 }), 0);
      const command = records === "extended" ? UP.extendedRecords : UP.records;
      expect(statusOf({ key: KEY, command, payload })).toEqual({ type: "status", speedKmh: 50, ignition: true });
    }
    expect(statusOf(packetOf(ups[0]?.hex ?? ""))).toEqual({ type: "status", speedKmh: 0 });
  });

  it("give nothing while more wait in the device, without a place, or when they cannot be read", () => {
    const payload = recordsPayload(deviceSettingsOf({}), 0);
    const of = (change: (bytes: Buffer) => Buffer) => statusOf({ key: KEY, command: UP.records, payload: change(Buffer.from(payload)) });
    const put = (at: number, hex: string) => (bytes: Buffer) =>
      Buffer.concat([bytes.subarray(0, at), bytesOf(hex), bytes.subarray(at + hex.length / 2)]);
    expect(of(put(0, "01"))).toBeNull();
    expect(of((bytes) => Buffer.concat([bytes, Buffer.of(0)]))).toBeNull();
    expect(of((bytes) => bytes.subarray(0, -1))).toBeNull();
    expect(of(put(8, "80000000"))).toEqual({ type: "status", ignition: true });
    expect(of(put(21, "ffff"))).toEqual({ type: "status", ignition: true });
    expect(statusOf({ key: KEY, command: UP.records, payload: Buffer.of(0, 0) })).toBeNull();
    expect(statusOf({ key: KEY, command: UP.heartbeat, payload })).toBeNull();
  });

  it("are taken whatever is in them", () => {
    fc.assert(
      fc.property(fc.constantFrom(UP.records, UP.extendedRecords), fc.uint8Array({ minLength: 2, maxLength: 200 }), (command, bytes) => {
        const frame = writeUp({ key: KEY, command, payload: Buffer.from(bytes) });
        const reading = lineOf(frame).decode(frame);
        expect(replyOf(reading)).toBe("0002640113bc");
        expect(["alive", "status"]).toContain(reading.events[0]?.type);
      }),
    );
  });
});

describe("detection", () => {
  it.each([
    ["0050000310f5615f419c01", "yes"],
    ["002e000315bc70d3e2ff0f", "yes"],
    ["0009000310f56135362510", "yes"],
    ["01460003115c885fa8c644", "yes"],
    ["000b00000b1a29f64b1a09", "yes"],
    ["0050000310f5615f419c", "more"],
    ["0050", "more"],
    ["00", "more"],
    ["", "more"],
    ["000b000310f56135362507", "no"],
    ["0045000070473afaedd944", "yes"],
    ["000f313233343536373839303132333435", "no"],
    ["00000000000000360801", "no"],
    ["0008000310f56135362510", "no"],
    ["ffff", "no"],
    ["7e", "no"],
    ["00500003ffffffffffff01", "no"],
    ["0050000000000000000101", "no"],
  ] as const)("%s: %s", (hex, answer) => {
    expect(ruptela.detect(bytesOf(hex))).toBe(answer);
  });
});

describe("what goes to the interpreter", () => {
  const order = (text: string) => ({ type: "text", text, urgent: false, tag: 1 }) as const;

  it("is refused with a reason, and the API is told the same", () => {
    for (const [text, profile] of [
      ["getver", {}],
      ["x".repeat(161), { console: true }],
      ["x".repeat(156), { console: true, prefix: "pass " }],
      ["reset", { console: true, allowedCommands: ["getver"] }],
    ] as const) {
      const encoded = knownTo(ruptela, profile).encode(order(text));
      const preview = ruptela.preview(text, profile);
      expect(encoded).toMatchObject({ type: "refused", reason: preview.refusal });
      expect(preview.empty).toBe(true);
    }
    expect(ruptela.preview("x".repeat(500), { console: true, maxBytes: 500 })).toMatchObject({ empty: false, bytesPerPart: 500, parts: 1 });
  });

  it("is for a console, and the protocol says so", () => {
    expect(ruptela.capabilities).toMatchObject({
      textDown: "console",
      textUp: false,
      receipts: "in-order",
      window: 1,
      attempts: 3,
      receiptMs: 60_000,
    });
    expect(ruptela.connect().encode(order("getver")).type).toBe("refused");
  });
});

describe("explanations", () => {
  it("name commands of both directions", () => {
    const title = (hex: string, direction: "up" | "down") => ruptela.explain(bytesOf(hex), direction).title;
    expect(title("000b000310f561353625074f4b0c31", "up")).toBe("device: reply to a command");
    expect(title(writeDown(0x68, Buffer.alloc(3)).toString("hex"), "down")).toBe("gateway: firmware");
    expect(title(writeDown(0x88, Buffer.of(1)).toString("hex"), "down")).toBe("gateway: not known");
    expect(title("0002640113bd", "down")).toBe("not a Ruptela packet");
    expect(title("", "up")).toBe("not a Ruptela packet");
  });
});
