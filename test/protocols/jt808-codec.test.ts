/** JT/T 808 messages: what the device says, and texts to it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jt808 } from "../../protocols/jt808/index.ts";
import { responseBody } from "../../protocols/jt808/messages.ts";
import type { Order, Reading, Verdict } from "../../src/core/index.ts";
import { ACCEPTED, bytesOf, headerOf, LONG, loggedIn, message, partsOf, replyOf, SHORT } from "./jt808-frames.ts";

describe("what the device says", () => {
  const codec = loggedIn();
  const eventsOf = (id: number, body: Buffer | string): Reading["events"] => codec.decode(message(id, body, 3)).events;

  it("receipts", () => {
    const of = (serial: number, id: number, result: number): unknown => eventsOf(1, responseBody(serial, id, result))[0];
    expect(of(7, 0x8300, 0)).toEqual({ type: "receipt", tag: "8300:7", outcome: "accepted" });
    expect(of(65535, 0x8302, 4)).toEqual({ type: "receipt", tag: "8302:65535", outcome: "accepted" });
    expect(of(7, 0x8300, 1)).toEqual({ type: "receipt", tag: "8300:7", outcome: "rejected", reason: "failed" });
    expect(of(7, 0x8300, 2)).toMatchObject({ outcome: "rejected", reason: "bad message" });
    expect(of(7, 0x8300, 3)).toMatchObject({ outcome: "rejected", reason: "unsupported" });
    expect(of(7, 0x8105, 0)).toEqual({ type: "alive" });
    expect(codec.decode(message(1, responseBody(7, 0x8300, 0))).reply).toBeUndefined();
    expect(codec.decode(message(1, "xx")).reply).toBeUndefined();
  });

  it("positions tell speed and ignition, whatever follows them", () => {
    const body = bytesOf(`0000000000000003${"00".repeat(10)}0258${"00".repeat(8)}0104000000ff`);
    expect(eventsOf(0x0200, body)).toEqual([{ type: "status", speedKmh: 60, ignition: true }]);
    expect(eventsOf(0x0200, "short")).toEqual([{ type: "alive" }]);
  });

  it("texts have a key of message id, serial and content", () => {
    const serialOf = (body: string): unknown => eventsOf(0x6006, body).flatMap((event) => (event.type === "text" ? [event.serial] : []))[0];
    expect(serialOf("\0one")).toMatch(/^6006:3:[0-9a-f]{4}$/);
    expect(serialOf("\0one")).toBe(serialOf("\0one"));
    expect(serialOf("\0one")).not.toBe(serialOf("\0two"));
  });

  it("0x1300 names the text it answers", () => {
    expect(eventsOf(0x1300, bytesOf("00070053006500740000"))).toMatchObject([
      { type: "text", text: "Set", answers: "8300:7", lossy: false },
    ]);
  });

  it("the time is told in UTC when there is a clock", () => {
    const clocked = loggedIn({}, { ...LONG, phone: bytesOf("00000000013912344329") }, () => Date.UTC(2024, 9, 3, 15, 51, 6));
    const ask = (id: number): Buffer | null =>
      replyOf(clocked.decode(message(id, "", 0, { address: { ...LONG, phone: bytesOf("00000000013912344329") } })));
    expect(ask(4)?.toString("hex")).toBe("7e8004400601000000000139123443290000241003155106c27e");
    expect(headerOf(ask(0x0109) ?? Buffer.alloc(0))).toMatchObject({ id: 0x8109, serial: 1, body: bytesOf("07e80a030f330600") });
    expect(headerOf(replyOf(codec.decode(message(4, ""))) ?? Buffer.alloc(0)).body).toEqual(responseBody(0, 4, 3));
  });

  it.each([
    [
      "the bare code, as devices with a hard-coded one send it",
      "7e0102400e0100000000013912345678000161757468656e7469636174696f6e7d017e",
      "authentication",
    ],
    ["length and code alone", "7e01024005010000000001391234567800010461626364767e", "abcd"],
    ["no software version", message(0x0102, `\x04abcd${"1".repeat(15)}`, 1, { address: LONG }).toString("hex"), "abcd"],
    ["bytes behind the version", message(0x0102, `\x04abcd${"1".repeat(45)}`, 1, { address: LONG }).toString("hex"), "abcd"],
  ])("a login with the header of 2019 and %s", (_name, hex, password) => {
    const reading = jt808.connect().decode(bytesOf(hex));
    expect(reading.events).toEqual([{ type: "hello", scope: "login", key: "00000000013912345678", password }]);
    expect(headerOf(replyOf(reading) ?? Buffer.alloc(0)).body).toEqual(responseBody(1, 0x0102, 0));
    const kept = jt808.redact?.(bytesOf(hex), "up", () => "redacted") ?? Buffer.alloc(0);
    expect(jt808.connect().decode(kept).events).toMatchObject([{ type: "hello", password: "redacted" }]);
    expect(headerOf(kept).body.length - headerOf(bytesOf(hex)).body.length).toBe("redacted".length - password.length);
    const shown = jt808.explain(bytesOf(hex), "up").fields.find(({ name }) => name === "auth code");
    expect(shown).toEqual({ name: "auth code", value: "(redacted)", note: `${password.length} bytes` });
  });

  it("bytes behind a receipt, an answer or an event lose none of them", () => {
    const heard = loggedIn({ quickReplies: ["yes"] });
    expect(heard.decode(bytesOf("7e000100060139123456780021000683000000937e")).events).toEqual([
      { type: "receipt", tag: "8300:6", outcome: "accepted" },
    ]);
    expect(heard.decode(message(0x0302, bytesOf("00070200"))).events).toMatchObject([
      { type: "receipt", tag: "8302:7" },
      { type: "answer", tag: "8302:7", choice: 1 },
    ]);
    expect(heard.decode(message(0x0301, bytesOf("0100"))).events).toMatchObject([{ type: "text", text: "yes" }]);
  });

  it("the answer to a register depends on the verdict alone", () => {
    const reading = jt808.connect().decode(message(0x0100, Buffer.alloc(37), 5));
    const bodyFor = (verdict: Verdict): string => headerOf(replyOf(reading, verdict) ?? Buffer.alloc(0)).body.toString("latin1");
    expect(reading.events).toEqual([{ type: "hello", scope: "register", key: "013912345678", password: null }]);
    expect(bodyFor(ACCEPTED)).toBe("\0\x05\0code");
    expect(bodyFor(ACCEPTED)).toBe("\0\x05\0code");
    for (const reason of ["unknown-device", "blocked", "wrong-protocol", "quarantined"] as const)
      expect(bodyFor({ type: "refused", reason })).toBe("\0\x05\x04");
    expect(bodyFor({ type: "accepted", identity: { ...ACCEPTED.identity, secret: null } })).toBe("\0\x05\x00013912345678");
    expect(bodyFor({ type: "accepted", identity: { ...ACCEPTED.identity, profile: { handOutCode: false } } })).toBe("\0\x05\x03");
    expect(bodyFor({ type: "accepted", identity: { ...ACCEPTED.identity, secret: "x".repeat(1021) } })).toBe("\0\x05\x03");
  });

  it("our own serials wrap from FFFF to 0", () => {
    const heard = loggedIn();
    const heartbeat = message(2, "");
    const serials = Array.from({ length: 0x10001 }, () => replyOf(heard.decode(heartbeat))).map(
      (reply) => headerOf(reply ?? heartbeat).serial,
    );
    expect([serials[0], serials[0xffff], serials[0x10000]]).toEqual([0, 0xffff, 0]);
  });
});

describe("texts to the device", () => {
  it("use their tags as serials, wrapping", () => {
    const parts = partsOf(loggedIn({ maxBytes: 20 }), { type: "text", text: "x".repeat(41), urgent: false, tag: 0xffff });
    expect(parts.map(({ tag }) => tag)).toEqual(["8300:65535", "8300:0", "8300:1"]);
    expect(parts.map(({ hex }) => headerOf(bytesOf(hex)).serial)).toEqual([0xffff, 0, 1]);
  });

  it("are the same bytes each time, whatever was said in between", () => {
    const codec = loggedIn();
    const order: Order = { type: "text", text: "again", urgent: true, tag: 9 };
    const first = partsOf(codec, order);
    codec.decode(message(2, ""));
    expect(partsOf(codec, order)).toEqual(first);
  });

  it("never exceed one body, however long and in whatever charset", () => {
    const profile = fc.record({
      charset: fc.constantFrom("gbk", "utf8", "ascii", "utf16be"),
      maxBytes: fc.integer({ min: 20, max: 1021 }),
      edition: fc.constantFrom("auto", "2011", "2013", "2019"),
    });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }), profile, fc.nat(0xffff), (text, settings, tag) => {
        const codec = loggedIn(settings, addressOf(settings.edition));
        const encoded = codec.encode({ type: "text", text, urgent: false, tag });
        if (encoded.type === "refused") return void expect(jt808.preview(text, settings).empty).toBe(true);
        for (const { bytes } of encoded.parts) {
          const { body } = headerOf(bytes);
          expect(body.length - headOf(settings.edition)).toBeLessThanOrEqual(settings.maxBytes);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("questions that do not fit go as numbered text", () => {
    const ask = (text: string, choices: readonly string[], profile = {}): number => {
      const [part] = partsOf(loggedIn(profile), { type: "question", text, urgent: false, tag: 1, choices });
      return headerOf(bytesOf(part?.hex ?? "")).id;
    };
    expect(ask("q", ["a"])).toBe(0x8302);
    expect(ask("q".repeat(255), ["a"])).toBe(0x8302);
    expect(ask("q".repeat(256), ["a"])).toBe(0x8300);
    expect(ask("q", new Array<string>(33).fill("a"))).toBe(0x8300);
    expect(ask("q", ["a".repeat(495)])).toBe(0x8300);
    expect(ask("q", ["a"], { questions: false })).toBe(0x8300);
    expect(ask("q", ["a"], { edition: "2019" })).toBe(0x8300);
    expect(ask("q", ["a"], { edition: "2019", questions: true })).toBe(0x8302);
  });
});

function addressOf(edition: string): typeof SHORT {
  return edition === "2019" ? LONG : SHORT;
}

/** Flags, and the type of 2019. */
function headOf(edition: string): number {
  return edition === "2019" ? 2 : 1;
}
