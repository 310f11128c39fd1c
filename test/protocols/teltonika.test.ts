/** Teltonika on the wire: every frame of the specification, detection, framing, and any bytes at all. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsFrame } from "../../protocols/teltonika/device-frames.ts";
import { deviceSettings } from "../../protocols/teltonika/device-profile.ts";
import { TeltonikaFramer } from "../../protocols/teltonika/framer.ts";
import { teltonika } from "../../protocols/teltonika/index.ts";
import { statusOf } from "../../protocols/teltonika/records.ts";
import { bodyOf, CODEC, MAX_BODY_BYTES, messageFrame, readUnit, seal, TYPE } from "../../protocols/teltonika/wire.ts";
import type { Framed, Reading, Verdict } from "../../src/core/index.ts";

interface PageFrame {
  readonly dir: "up" | "down";
  readonly hex: string;
  readonly means: string;
}

const FRAMES = JSON.parse(readFileSync(new URL("teltonika.frames.json", import.meta.url), "utf8")) as readonly PageFrame[];
const IDENTITY = { trackerId: 1, deviceId: "123456789012345", profile: {}, secret: null };
const ACCEPTED: Verdict = { type: "accepted", identity: IDENTITY };

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

function replyOf({ reply }: Reading, verdict = ACCEPTED): string | null {
  const value = typeof reply === "function" ? reply(verdict) : reply;
  return value?.toString("hex") ?? null;
}

function framesOf(pieces: readonly Buffer[]): readonly string[] {
  const framer = new TeltonikaFramer();
  const frames: string[] = [];
  for (const piece of pieces) {
    framer.push(Buffer.from(piece));
    for (let unit: Framed | null = framer.next(); unit !== null; unit = framer.next())
      if (unit.kind === "frame") frames.push(unit.bytes.toString("hex"));
  }
  return frames;
}

describe("frames of the specification", () => {
  const ups = FRAMES.filter(({ dir, hex }) => dir === "up" && hex !== "FF");

  it.each(FRAMES)("$dir: $means", ({ dir, hex }) => {
    const { title, fields } = teltonika.explain(bytes(hex), dir);
    expect(title).not.toContain("not a");
    if (hex !== "FF") expect(fields.length).toBeGreaterThan(0);
    if (hex.length <= 34) return;
    const unit = readUnit(bytes(hex));
    expect(seal(bodyOf(bytes(hex)) ?? Buffer.alloc(0)).toString("hex")).toBe(hex.toLowerCase());
    if (unit.kind === "message") expect(messageFrame(unit.message).toString("hex")).toBe(hex.toLowerCase());
  });

  it("are framed exactly, joined and byte by byte", () => {
    const stream = Buffer.concat(ups.map(({ hex }) => bytes(hex)));
    const whole = ups.map(({ hex }) => hex.toLowerCase());
    expect(framesOf([stream])).toEqual(whole);
    expect(framesOf([...stream].map((byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it("records are answered by their count, messages by nothing", () => {
    const codec = teltonika.connect();
    codec.identified({ ...IDENTITY, profile: { inner: "none" } });
    const replies = ups.map(({ hex }) => replyOf(codec.decode(bytes(hex))));
    expect(replies).toEqual(["01", "00000001", "00000001", "00000002", ...ups.slice(4).map(() => null)]);
  });

  it("a damaged frame gets no answer, whatever it is", () => {
    const codec = teltonika.connect();
    codec.identified(IDENTITY);
    const damaged = fc
      .constantFrom(...ups.slice(1))
      .chain(({ hex }) =>
        fc.tuple(fc.constant(bytes(hex)), fc.integer({ min: 8, max: hex.length / 2 - 1 }), fc.integer({ min: 1, max: 255 })),
      );
    fc.assert(
      fc.property(damaged, ([frame, at, mask]) => {
        frame[at] = (frame[at] ?? 0) ^ mask;
        const reading = codec.decode(frame);
        expect(reading.events.map(({ type }) => type)).toEqual(["bad"]);
        expect(reading.reply).toBeUndefined();
      }),
    );
  });
});

describe("framing", () => {
  it("takes the longest body and no longer one", () => {
    const longest = seal(Buffer.concat([Buffer.of(CODEC.text, 1, 6, 0, 0, 0, 0), Buffer.alloc(MAX_BODY_BYTES - 8), Buffer.of(1)]));
    expect(framesOf([longest])).toEqual([longest.toString("hex")]);
    expect(framesOf([seal(Buffer.alloc(MAX_BODY_BYTES + 1, 0xaa))])).toEqual([]);
  });

  it("finds its way back to a preamble", () => {
    const frame = seal(bytes("080101"));
    expect(framesOf([bytes("00000000ffffffff"), frame])).toEqual([frame.toString("hex")]);
    expect(framesOf([bytes("ab00000000"), frame.subarray(4)])).toEqual([frame.toString("hex")]);
  });

  it("reads any message that it writes", () => {
    const message = fc.record({
      codec: fc.constantFrom(CODEC.text, CODEC.timed, CODEC.addressed, CODEC.both),
      type: fc.integer({ min: 1, max: 0x11 }),
      payload: fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content)),
    });
    fc.assert(
      fc.property(message, ({ codec, type, payload }) => {
        const time = codec === CODEC.timed || codec === CODEC.both ? 1_700_000_000 : null;
        const imei = codec === CODEC.addressed || codec === CODEC.both ? "352093081452251" : null;
        const frame = messageFrame({ codec, type, time, imei, payload });
        expect(readUnit(frame)).toEqual({ kind: "message", message: { codec, type, time, imei, payload } });
      }),
    );
  });

  it("bodies that are too short are bad, never an error", () => {
    for (const codec of [...Object.values(CODEC), 0x55])
      for (let length = 0; length < 22; length += 1) {
        const body = Buffer.alloc(length, 1);
        if (length > 0) body[0] = codec;
        expect(["bad", "records", "message"]).toContain(readUnit(seal(body)).kind);
      }
  });
});

describe("records", () => {
  const status = (hex: string) => {
    const unit = readUnit(bytes(hex));
    return unit.kind === "records" ? statusOf(unit.body) : null;
  };

  it("give speed and ignition, of the newest", () => {
    expect(FRAMES.slice(2, 5).map(({ hex }) => status(hex))).toEqual(Array(3).fill({ type: "status", speedKmh: 0 }));
    for (const avl of ["8", "8e", "16"] as const) {
      const frame = recordsFrame(deviceSettings({ avl, records: 3 }), 0);
      expect(status(frame.toString("hex"))).toEqual({ type: "status", speedKmh: 50, ignition: true });
    }
  });

  it("that cannot be read are acknowledged all the same", () => {
    const codec = teltonika.connect();
    codec.identified(IDENTITY);
    fc.assert(
      fc.property(fc.constantFrom(...[0x07, 0x08, 0x8e, 0x10]), fc.nat(255), fc.uint8Array({ maxLength: 200 }), (id, count, rest) => {
        const reading = codec.decode(seal(Buffer.from([id, count, ...rest, count])));
        expect(replyOf(reading)).toBe(count.toString(16).padStart(8, "0"));
        expect(["alive", "status"]).toContain(reading.events[0]?.type);
      }),
    );
  });
});

describe("detection", () => {
  it.each([
    ["000f313233343536373839303132333435", "yes"],
    ["ffff000f313233343536373839303132333435", "yes"],
    ["000f3132333435", "more"],
    ["ff", "more"],
    ["", "more"],
    ["000f31323334353637383930313233344100", "no"],
    ["0010313233343536373839303132333435", "no"],
    ["0000000000000036", "no"],
    ["7e", "no"],
    ["23", "no"],
  ] as const)("%s: %s", (hex, answer) => {
    expect(teltonika.detect(bytes(hex))).toBe(answer);
  });
});

describe("what goes down", () => {
  it("is refused with a reason when nothing shows texts, and the API is told so", () => {
    const codec = teltonika.connect();
    codec.identified({ ...IDENTITY, profile: { inner: "none" } });
    const order = { type: "text", text: "Hello", urgent: false, tag: 1 } as const;
    expect(codec.encode(order)).toMatchObject({ type: "refused", reason: expect.stringContaining("inner") });
    expect(teltonika.preview("Hello", { inner: "none" })).toMatchObject({ empty: true });
    expect(teltonika.preview("getinfo", { inner: "none", console: true })).toMatchObject({ empty: false, parts: 1 });
    expect(teltonika.preview("x\ny", { inner: "none", console: true })).toMatchObject({ empty: true });
  });

  it("is the page's command, byte for byte", () => {
    const message = { codec: CODEC.text, type: TYPE.command, time: null, imei: null, payload: Buffer.from("Hello driver\r\n") };
    const hexes = FRAMES.map(({ hex }) => hex.toLowerCase());
    expect(hexes).toContain(messageFrame(message).toString("hex"));
    expect(hexes).toContain(messageFrame({ ...message, type: 0x0e }).toString("hex"));
    expect(hexes).toContain(messageFrame({ ...message, payload: bytes("03030000000185e8") }).toString("hex"));
  });
});
