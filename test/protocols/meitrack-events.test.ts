/** What Meitrack's trackers say about speed and ignition, and which text a reply means. */
import { describe, expect, it } from "vitest";
import { meitrack } from "../../protocols/meitrack/index.ts";
import { Letters } from "../../protocols/meitrack/letters.ts";
import { letterOf, writePacket } from "../../protocols/meitrack/wire.ts";
import { online, replyOf } from "./plain-frames.ts";

const IMEI = "867000000000001";

function up(command: string, data: Buffer | string): Buffer {
  return writePacket({ direction: "up", letter: "A", imei: IMEI, command, data });
}

describe("status", () => {
  const event = (fields: string, profile: Readonly<Record<string, unknown>> = {}) =>
    online(meitrack, profile).decode(up("AAA", fields)).events[0];
  const place = "22.513574,114.057147,260101083000";
  const ports = "90,0.8,12,1000,3600,460|0|1|2";

  it("speed counts with a fix, ignition where its input is known", () => {
    expect(event(`35,${place},A,9,20,62.5,${ports},0400,x`)).toEqual({ type: "status", speedKmh: 62.5 });
    expect(event(`35,${place},V,9,20,62,${ports},0400,x`)).toEqual({ type: "alive" });
    expect(event(`35,${place},A,9,20,401,${ports},0400,x`)).toEqual({ type: "alive" });
    expect(event(`35,${place},A,9,20,-1,${ports},0400,x`)).toEqual({ type: "alive" });
    expect(event(`35,${place},V,9,20,62,${ports},0400,x`, { ignitionInput: 3 })).toEqual({ type: "status", ignition: true });
    expect(event(`35,${place},A,9,20,0,${ports},0b00,x`, { ignitionInput: 3 })).toEqual({ type: "status", speedKmh: 0, ignition: false });
    expect(event(`1,35,${place},A,9,20,7,${ports},zz00,x`, { ignitionInput: 3 })).toEqual({ type: "status", speedKmh: 7 });
    for (const odd of ["", "35", `35,${place},A`, "A,A,A", `35,${place},A,,,,`]) expect(event(odd)).toEqual({ type: "alive" });
  });

  it("of records: the last one's, when nothing newer is still to come", () => {
    const record = (fix: number, speed: number, input: number) => {
      const content = Buffer.from([0, 0, 3, 0x05, fix, 0xfe, 0x69, 0x2a, 0x15, input, 1, 0x08, speed, 0, 0, 0]);
      return Buffer.concat([Buffer.from([content.length, 0]), content]);
    };
    const frame = (remaining: number, ...records: readonly Buffer[]) =>
      up("CCE", Buffer.concat([Buffer.from([remaining, 0, 0, 0, records.length, 0]), ...records]));
    const read = (bytes: Buffer) => online(meitrack, { ignitionInput: 3 }).decode(bytes).events;
    expect(read(frame(0, record(1, 10, 4), record(1, 50, 0)))).toEqual([{ type: "status", speedKmh: 50, ignition: false }]);
    expect(read(frame(0, record(0, 50, 4)))).toEqual([{ type: "status", ignition: true }]);
    expect(read(frame(1, record(1, 50, 4)))).toEqual([{ type: "alive" }]);
    expect(read(frame(0))).toEqual([{ type: "alive" }]);
    expect(read(up("CCE", Buffer.from([0, 0, 0, 0, 9, 0, 1])))).toEqual([{ type: "alive" }]);
    expect(read(up("CCE", Buffer.from([0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 9])))).toEqual([{ type: "alive" }]);
  });

  it("of a batch: the last position's, when nothing newer is still to come", () => {
    const position = (fix: number, speed: number) => {
      const bytes = Buffer.alloc(0x34);
      bytes[13] = fix;
      bytes[16] = speed;
      return bytes;
    };
    const frame = (remaining: number, ...positions: readonly Buffer[]) =>
      online(meitrack).decode(up("CCC", Buffer.concat([Buffer.from([2, 1, 0x34, 0, remaining, 0, 0, 0]), ...positions])));
    expect(frame(2, position(1, 10), position(1, 50)).events).toEqual([{ type: "status", speedKmh: 50 }]);
    expect(frame(3, position(1, 10), position(1, 50)).events).toEqual([{ type: "alive" }]);
    expect(frame(1, position(0, 50)).events).toEqual([{ type: "alive" }]);
    expect(replyOf(frame(0))).toBe(writePacket({ direction: "down", letter: "A", imei: IMEI, command: "CCC", data: "0" }).toString());
  });
});

describe("letters", () => {
  it("a part has the same letter on every line, and none that waits for a reply shares it", () => {
    const letters = new Letters();
    expect(letters.give("3.0", "C13", 3)).toBe("D");
    expect(letters.give("3.0", "C13", 3)).toBe("D");
    expect(letters.give("61.0", "C13", 61)).toBe("E");
    expect(letters.take("D", "C13")).toBeNull();
    letters.sent("3.0");
    expect(letters.take("D", "C10")).toBeNull();
    expect(letters.take("D", "C13")).toBe("3.0");
    expect(letters.take("D", "C13")).toBeNull();
    expect(letters.give("119.0", "C13", 119)).toBe("D");
  });

  it("more parts than letters go round, and a reply means the one that went out last", () => {
    const letters = new Letters();
    const given = Array.from({ length: 600 }, (_, index) => letters.give(`1.${index}`, "C13", index));
    expect(new Set(given).size).toBe(58);
    expect(given.every((letter) => letter >= "A" && letter <= "z")).toBe(true);
    letters.sent("1.100");
    letters.sent("1.158");
    expect(letters.take(letterOf(158), "C13")).toBe("1.158");
    expect(letters.take(letterOf(158), "C13")).toBe("1.100");
    expect(letters.take(letterOf(0), "C13")).toBeNull();
  });
});
