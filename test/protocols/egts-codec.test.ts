/** EGTS messages: what the device says, texts to it, and what becomes of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SERVICE } from "../../protocols/egts/codes.ts";
import { egts } from "../../protocols/egts/index.ts";
import { recordResponse, writeRecord, writeSubrecord } from "../../protocols/egts/records.ts";
import { writeTerminal } from "../../protocols/egts/terminal.ts";
import type { Codec, Reading } from "../../src/core/index.ts";
import { answer, bytesOf, command, IMEI, loggedIn, packetsOf, recordsOf, replyOf, type Sent, said, send, text } from "./egts-frames.ts";

const SECOND = 1_000;
const taken = (codec: Codec, sent: Sent | undefined, result = 0): Reading["events"] =>
  codec.decode(answer(sent?.pid ?? 0, 0, ofDevice(recordResponse(sent?.number ?? 0, result)))).events;
const confirmed = (codec: Codec, kind: number, cid: number): Reading["events"] =>
  codec.decode(said(SERVICE.commands, command(kind, cid))).events;

function ofDevice(data: Buffer): Buffer {
  return writeRecord({ number: 50, flags: 0x80, sender: SERVICE.commands, recipient: SERVICE.commands }, data);
}

describe("TERM_IDENTITY", () => {
  const identity = (flags: number, rest: Buffer | string): Buffer =>
    said(SERVICE.auth, writeSubrecord(1, Buffer.concat([bytesOf("01000000"), Buffer.from([flags]), Buffer.from(rest)])), 1);

  it.each([
    ["a spare byte", bytesOf("0100000b001f00070001df18007500800101011500000000001238363038303330363634343833313300ffc6"), IMEI],
    ["an IMEI of 14 digits", identity(0x12, IMEI.slice(0, 14)), IMEI.slice(0, 14)],
    ["a short id behind HDID", identity(0x13, "\x01\x02865905"), "865905"],
    ["an IMEI and blanks", identity(0x12, "865905   "), "865905"],
    ["bytes behind BS", identity(0x52, `${IMEI}\0\x04more`), IMEI],
    ["an IMEI field without a byte", identity(0x12, ""), "1"],
  ])("with %s says who it is", (_name, packet, key) => {
    expect(egts.connect().decode(packet).events).toMatchObject([{ type: "hello", key }]);
    expect(JSON.stringify(egts.explain(packet, "up"))).toContain(key);
  });

  it("whose IMEI is short before another field says nothing", () => {
    expect(egts.connect().decode(identity(0x52, `${IMEI.slice(0, 14)}\0\x04`)).events).toMatchObject([{ type: "bad" }]);
  });
});

describe("receipts", () => {
  it("of the record wait for a word on the command, then count with the frame they came in", () => {
    const codec = loggedIn();
    const [sent] = send(codec, text("a", 1));
    codec.tick?.(0);
    const frame = answer(sent?.pid ?? 0, 0, ofDevice(recordResponse(sent?.number ?? 0, 0)));
    expect(codec.decode(frame).events).toEqual([{ type: "deferred", tag: "1", againMs: 10 * SECOND }]);
    expect(codec.tick?.(1 * SECOND)).toEqual({ send: [], at: 11 * SECOND, receipts: [] });
    expect(codec.tick?.(11 * SECOND)).toEqual({
      send: [],
      at: null,
      receipts: [{ event: { type: "receipt", tag: "1", outcome: "accepted" }, frame }],
    });
    expect(confirmed(codec, 0x20, 1)).toEqual([{ type: "read", tag: "1" }]);
    expect(taken(codec, sent)).toEqual([{ type: "alive" }]);
  });

  it.each([
    ["DELIV", 0x80, [{ type: "receipt", tag: "1", outcome: "accepted" }]],
    ["COMCONF", 0x10, [{ type: "receipt", tag: "1", outcome: "accepted" }]],
    [
      "MSGCONF",
      0x20,
      [
        { type: "receipt", tag: "1", outcome: "accepted" },
        { type: "read", tag: "1" },
      ],
    ],
    ["a refusal", 0x82, [{ type: "receipt", tag: "1", outcome: "rejected", reason: "the device answered 2 not allowed" }]],
    ["in progress", 0x26, [{ type: "deferred", tag: "1", againMs: 120 * SECOND }]],
  ])("%s before and after the record's", (_name, kind, events) => {
    for (const first of [true, false]) {
      const codec = loggedIn();
      const [sent] = send(codec, text("a", 1));
      if (first) taken(codec, sent);
      expect(confirmed(codec, kind, 1)).toEqual(events);
    }
  });

  it("in progress holds back the record's receipt", () => {
    const codec = loggedIn();
    taken(codec, send(codec, text("a", 1))[0]);
    codec.tick?.(0);
    confirmed(codec, 0x86, 1);
    expect(codec.tick?.(0)).toMatchObject({ at: 120 * SECOND, receipts: [] });
    expect(codec.tick?.(120 * SECOND).receipts).toHaveLength(1);
  });

  it("a refusal ends the wait for good", () => {
    const codec = loggedIn();
    const [sent] = send(codec, text("a", 1));
    taken(codec, sent);
    confirmed(codec, 0x81, 1);
    expect(codec.tick?.(600 * SECOND)).toMatchObject({ at: null, receipts: [] });
    expect(taken(codec, sent)).toEqual([{ type: "alive" }]);
  });

  it("name the packet and the record both", () => {
    const codec = loggedIn({ confirmation: "record" });
    const [one, two] = [...send(codec, text("a", 1)), ...send(codec, text("b", 2))];
    const mixed = answer(one?.pid ?? 0, 0, ofDevice(recordResponse(two?.number ?? 0, 0)));
    expect(codec.decode(mixed).events).toEqual([{ type: "alive" }]);
    expect(codec.decode(said(SERVICE.commands, recordResponse(two?.number ?? 0, 0))).events).toMatchObject([{ type: "receipt", tag: "2" }]);
    expect(taken(codec, one)).toMatchObject([{ type: "receipt", tag: "1", outcome: "accepted" }]);
  });

  it("of the packet and of the record are one", () => {
    const codec = loggedIn();
    const [sent] = send(codec, text("a", 1));
    const both = answer(sent?.pid ?? 0, 138, ofDevice(recordResponse(sent?.number ?? 0, 138)));
    expect(codec.decode(both).events).toMatchObject([{ type: "receipt", tag: "1", outcome: "garbled" }]);
  });

  it("a confirmation before the part went out does not hide the one behind it", () => {
    const codec = loggedIn();
    const encoded = codec.encode(text("a", 1));
    const part = encoded.type === "parts" ? encoded.parts[0] : { bytes: Buffer.alloc(0), tag: null };
    expect(confirmed(codec, 0x80, 1)).toMatchObject([{ type: "receipt", tag: "1" }]);
    codec.send?.(part);
    expect(codec.tick?.(0).send).toEqual([part.bytes]);
    expect(confirmed(codec, 0x80, 1)).toMatchObject([{ type: "receipt", tag: "1" }]);
    expect(confirmed(codec, 0x80, 1)).toEqual([{ type: "alive" }]);
  });

  it("with CID 0 name no text", () => {
    const codec = loggedIn({ maxBytes: 20 });
    const parts = send(codec, text("a".repeat(25), 0x3_0000));
    expect(parts.map(({ tag }) => tag)).toEqual([String(0x1_0000), String(0x2_0000)]);
    for (const kind of [0x80, 0x20, 0x26, 0x82]) expect(confirmed(codec, kind, 0)).toEqual([{ type: "alive" }]);
    expect(confirmed(codec, 0x80, 0x1_0000)).toMatchObject([{ type: "receipt", tag: String(0x1_0000) }]);
  });

  it("with CID 0 mean the one text that waits, where the profile says so", () => {
    const codec = loggedIn({ cidZero: true });
    expect(confirmed(codec, 0x80, 0)).toEqual([{ type: "alive" }]);
    const [sent] = send(codec, text("a", 7));
    taken(codec, sent);
    expect(confirmed(codec, 0x80, 0)).toEqual([{ type: "receipt", tag: "7", outcome: "accepted" }]);
    expect(confirmed(codec, 0x80, 0)).toEqual([{ type: "alive" }]);
    for (const tag of [8, 9]) send(codec, text("b", tag));
    expect(confirmed(codec, 0x80, 0)).toEqual([{ type: "alive" }]);
    confirmed(codec, 0x80, 9);
    expect(confirmed(codec, 0x82, 0)).toMatchObject([{ type: "receipt", tag: "8", outcome: "rejected" }]);
  });

  it("are told apart for the last 256 parts", () => {
    const codec = loggedIn({ confirmation: "record" });
    const all = Array.from({ length: 257 }, (_, index) => send(codec, text("a", index + 1))[0]);
    expect(taken(codec, all[0])).toEqual([{ type: "alive" }]);
    expect(taken(codec, all[1])).toMatchObject([{ type: "receipt", tag: "2" }]);
  });
});

describe("texts of the driver", () => {
  const serials = (packet: Buffer): readonly (string | null)[] =>
    loggedIn()
      .decode(packet)
      .events.flatMap((event) => (event.type === "text" ? [event.serial] : []));

  it.each([
    ["CP-1251, five bytes before it", "01000000000000cff0e8e2e5f200", "Привет"],
    ["CP-1251, four bytes before it", "010000000000cff0e8e2e5f200", "Привет"],
    ["CP-1251, nothing before it", "0100cff0e8e2e5f20000", "Привет"],
    ["UCS2, five bytes before it and one NUL", "01080000000000041f044000", "Пр"],
    ["UCS2, five bytes before it and two NULs", "01080000000000041f04400000", "Пр"],
    ["UCS2, four bytes before it and one NUL", "010800000000041f044000", "Пр"],
    ["UCS2, nothing before it and one NUL", "0108041f044000", "Пр"],
    ["UCS2, nothing but four bytes and NULs", "0108000000000000", ""],
  ])("end before their NULs: %s", (_name, rest, words) => {
    const { events } = loggedIn().decode(said(SERVICE.commands, command(0x30, 9, rest), 5));
    expect(events).toMatchObject([{ type: "text", text: words, lossy: false }]);
  });

  it("have a key of CID, record number or time, and content", () => {
    const key = serials(said(SERVICE.commands, command(0x30, 9, "006869"), 5));
    expect(key).toEqual([expect.stringMatching(/^9:r5:[0-9a-f]{4}$/)]);
    expect(serials(said(SERVICE.commands, command(0x30, 9, "006869"), 5))).toEqual(key);
    expect(serials(said(SERVICE.commands, command(0x30, 9, "00686a"), 5))).not.toEqual(key);
    expect(serials(said(SERVICE.commands, command(0x30, 9, "006869"), 6))).not.toEqual(key);
  });

  it("are answered only when the reply is asked for, and those answers take the next numbers", () => {
    const codec = loggedIn();
    codec.decode(said(SERVICE.commands, command(0x30, 1, "006869")));
    const reply = replyOf(codec.decode(said(SERVICE.commands, command(0x30, 2, "006869"), 8)));
    const [response, confirmation] = packetsOf(reply ?? Buffer.alloc(0));
    expect(response).toMatchObject({ pid: 1, answer: { pid: 8, result: 0 } });
    expect(response === undefined ? [] : recordsOf(response)).toEqual(["1:4[0 080000]"]);
    expect(confirmation === undefined ? [] : recordsOf(confirmation)).toEqual(["2:4[51 20020000000000000000]"]);
  });
});

describe("texts to the device", () => {
  it("number their parts in the high half of the CID, whatever the tag", () => {
    const codec = loggedIn({ maxBytes: 20 });
    expect(send(codec, text("x".repeat(41), 0xffff)).map(({ tag }) => tag)).toEqual(["65535", "131071", "196607"]);
    expect(send(codec, text("y", 0)).map(({ tag }) => tag)).toEqual(["65536"]);
  });

  it("fit the device's buffer, in any charset and form", () => {
    const profile = fc.record({
      charset: fc.constantFrom("auto", "cp1251", "ucs2"),
      ucs2: fc.constantFrom("be", "le"),
      body: fc.constantFrom("raw", "framed"),
      maxBytes: fc.integer({ min: 20, max: 1_000 }),
    });
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
        profile,
        fc.integer({ min: 59, max: 600 }),
        (value, settings, buffer) => {
          const encoded = loggedIn(settings, buffer).encode(text(value, 1));
          if (encoded.type === "refused") return void expect(egts.preview(value, settings).empty).toBe(true);
          expect(Math.max(...encoded.parts.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(Math.min(buffer, settings.maxBytes + 39));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("a buffer too small for any text is a mistake of the device", () => {
    for (const buffer of [0, 16, 58]) expect(send(loggedIn({}, buffer), text("x".repeat(100), 1))).toHaveLength(1);
    expect(send(loggedIn({}, 59), text("x".repeat(100), 1))).toHaveLength(5);
  });

  it("preview as they go out", () => {
    expect(egts.preview("Привет", {})).toEqual({ charset: "cp1251", bytesPerPart: 500, parts: 1, lost: [], empty: false });
    expect(egts.preview("Привет 中", {})).toMatchObject({ charset: "utf16be", lost: [] });
    expect(egts.preview("x".repeat(100), { charset: "ucs2", ucs2: "le", maxBytes: 51 })).toMatchObject({
      charset: "utf16le",
      bytesPerPart: 50,
      parts: 4,
    });
    expect(egts.preview("中", { charset: "cp1251" })).toMatchObject({ lost: ["中"], empty: true });
  });
});

describe("the login", () => {
  const hello = (packet: Buffer): Reading["events"] => egts.connect().decode(packet).events;
  const asTerminal = (id: number, imei: string | null): Reading["events"] => hello(said(SERVICE.auth, writeTerminal(id, imei, null)));

  it("is by IMEI, else by TID", () => {
    expect(asTerminal(7, IMEI)).toEqual([{ type: "hello", scope: "login", key: IMEI, password: null }]);
    expect(asTerminal(7, "865905")).toMatchObject([{ key: "865905" }]);
    expect(asTerminal(7, null)).toMatchObject([{ key: "7" }]);
    for (const none of ["", "000000000000000", "\xff\xff"]) expect(asTerminal(7, none)).toMatchObject([{ key: "7" }]);
    expect(asTerminal(0, null)).toMatchObject([{ type: "bad" }]);
  });

  it("reads every optional field", () => {
    const flags = 0x6f | 0x80;
    const fields = `010000${"00"}${flags.toString(16)}0500${Buffer.from(IMEI).toString("hex")}${"30".repeat(16)}525553fa0000000${"4"}${"39".repeat(15)}`;
    const data = bytesOf(fields);
    const packet = said(SERVICE.auth, Buffer.concat([Buffer.from([1, data.length, 0]), data]));
    expect(hello(packet)).toMatchObject([{ key: IMEI }]);
    expect(
      egts
        .explain(packet, "up")
        .fields.slice(-7)
        .map(({ name, value }) => `${name}=${value}`),
    ).toEqual(["HDID=5", `IMEI=${IMEI}`, `IMSI=${"0".repeat(16)}`, "LNGC=RUS", `MSISDN=${"9".repeat(15)}`, "NID=fa0000", "BS=1024"]);
  });

  it.each([
    ["unknown-device", 153],
    ["blocked", 151],
    ["quarantined", 151],
    ["wrong-protocol", 151],
  ] as const)("refused as %s hears %d", (reason, code) => {
    const reply = replyOf(egts.connect().decode(said(SERVICE.auth, writeTerminal(7, IMEI, null))), { type: "refused", reason });
    const [response, result] = packetsOf(reply ?? Buffer.alloc(0));
    expect(response?.answer).toEqual({ pid: 7, result: 0 });
    expect(result?.records[0]?.subrecords?.[0]?.data).toEqual(Buffer.from([code]));
  });
});
