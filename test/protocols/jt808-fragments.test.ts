/** Fragmented messages of JT/T 808 and their bounds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FRAGMENT_BYTES, MAX_FRAGMENTS, MAX_MEDIA_FRAGMENTS, MAX_MESSAGES } from "../../protocols/jt808/fragments.ts";
import type { Reading } from "../../src/core/index.ts";
import { headerOf, loggedIn, message, replyOf } from "./jt808-frames.ts";

describe("fragments", () => {
  const piece = (id: number, [total, index]: readonly [number, number], body: Buffer | string, serial = index): Buffer =>
    message(id, body, serial, { fragment: { total, index } });
  const typesOf = (reading: Reading): readonly string[] => reading.events.map((event) => event.type);

  it("come together in any order, once all are here", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 2, maxLength: 60 }).filter((text) => /^[!-z]+$/.test(text)),
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        (text, total, seed) => {
          const codec = loggedIn();
          const body = `\0${text}`;
          const size = Math.ceil(body.length / total);
          const frames = Array.from({ length: total }, (_, at) =>
            piece(0x6006, [total, at + 1], body.slice(at * size, (at + 1) * size), at * 3),
          );
          const order = frames.map((frame, at) => ({ frame, key: (seed * (at + 7)) % 31 })).sort((one, other) => one.key - other.key);
          const readings = order.map(({ frame }) => codec.decode(frame));
          expect(readings.flatMap(({ events }) => events).flatMap((event) => (event.type === "text" ? [event.text] : []))).toEqual([text]);
          for (const reading of readings) expect(headerOf(replyOf(reading) ?? Buffer.alloc(0)).id).toBe(0x8001);
        },
      ),
    );
  });

  it("are bounded in number, bytes and messages", () => {
    const codec = loggedIn();
    expect(typesOf(codec.decode(piece(0x6006, [MAX_FRAGMENTS + 1, 1], "x")))).toEqual(["bad"]);
    expect(typesOf(codec.decode(piece(0x0801, [MAX_MEDIA_FRAGMENTS + 1, 1], "xxxx")))).toEqual(["bad"]);
    expect(typesOf(codec.decode(piece(0x0801, [MAX_MEDIA_FRAGMENTS, 1], "xxxx")))).toEqual(["alive"]);
    const full = Buffer.alloc(1023, "x");
    const whole = Math.floor(MAX_FRAGMENT_BYTES / full.length);
    const first = Array.from(
      { length: whole },
      (_, at) => typesOf(codec.decode(piece(at < 40 ? 0x6006 : 0x1300, [60, (at % 40) + 1], full)))[0],
    );
    expect(new Set(first)).toEqual(new Set(["alive"]));
    expect(typesOf(codec.decode(piece(0x1300, [60, 60], full)))).toEqual(["bad"]);
  });

  it("of the oldest message give way to a fifth", () => {
    const codec = loggedIn();
    for (let total = 2; total < 2 + MAX_MESSAGES + 1; total += 1) codec.decode(piece(0x6006, [total, 1], "\0a"));
    expect(typesOf(codec.decode(piece(0x6006, [3, 2], "b")))).toEqual(["alive"]);
    expect(typesOf(codec.decode(piece(0x6006, [3, 3], "c")))).toEqual(["text"]);
    expect(typesOf(codec.decode(piece(0x6006, [2, 2], "b")))).toEqual(["alive"]);
  });

  it("do not pin the socket's chunk", () => {
    const codec = loggedIn();
    const one = piece(0x6006, [2, 1], "\0ab");
    codec.decode(one);
    one.fill(0);
    expect(codec.decode(piece(0x6006, [2, 2], "cd")).events).toMatchObject([{ type: "text", text: "abcd" }]);
  });

  it("of logins and receipts are refused, and receipts are never answered", () => {
    const codec = loggedIn();
    for (const id of [0x0100, 0x0102]) expect(codec.decode(piece(id, [2, 1], "x"))).toMatchObject({ events: [{ type: "bad" }] });
    expect(codec.decode(piece(0x0001, [2, 1], "x")).reply).toBeUndefined();
  });
});
