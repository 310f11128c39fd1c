/** The gateway's side of Garmin FMI by itself: the handshake, the levels of texts, and any payload at all. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectInner, explainPayload } from "../../protocols/carried/index.ts";
import type { Inner } from "../../protocols/carried/inner.ts";
import { innerSettings } from "../../protocols/carried/profile.ts";
import { driverTextBody, namedBody, timedBody, u32 } from "../../protocols/garmin-fmi/bodies.ts";
import { ID } from "../../protocols/garmin-fmi/layout.ts";
import { idField } from "../../protocols/garmin-fmi/message-id.ts";
import { ackFrame, fmiFrame, MAX_FRAME_BYTES, nakFrame, PACKET, seal } from "../../protocols/garmin-fmi/wire.ts";

const FRAMES = JSON.parse(readFileSync(new URL("garmin-fmi.frames.json", import.meta.url), "utf8")) as readonly { readonly hex: string }[];
const EMPTY = Buffer.alloc(0);

describe("the gateway's side", () => {
  const inner = (profile: Readonly<Record<string, unknown>> = {}, productId = false): Inner => {
    const connected = connectInner(innerSettings({ inner: "garmin-fmi", ...profile }), { productId });
    if (connected === null) throw new Error("no inner side");
    return connected;
  };
  const sent = (one: Inner, now: number): readonly string[] => one.tick(now).send.map((payload) => payload.toString("hex").toUpperCase());
  const hear = (one: Inner, ...frames: readonly Buffer[]) => {
    const { events, stored } = one.receive(Buffer.concat(frames));
    stored();
    return events;
  };
  const opened = (profile: Readonly<Record<string, unknown>> = {}, ...frames: readonly Buffer[]): Inner => {
    const one = inner(profile);
    one.tick(0);
    hear(one, ackFrame(PACKET.fmi), ...frames);
    one.tick(0);
    return one;
  };
  const order = { type: "text", text: "Hello driver", urgent: false, tag: 1 } as const;

  it("enables with Unicode and A607, and is ready once Unicode is settled", () => {
    const one = inner();
    expect(sent(one, 0)).toEqual(["10A1080000020001800280521003"]);
    expect(one.ready).toBe(false);
    hear(one, ackFrame(PACKET.fmi));
    one.tick(0);
    expect(one.ready).toBe(false);
    hear(one, fmiFrame(ID.unicodeRequest, EMPTY));
    expect(sent(one, 1)).toEqual(["100602A100571003", "10A1020500581003"]);
    hear(one, ackFrame(PACKET.fmi));
    one.tick(1);
    expect(one.ready).toBe(true);
  });

  it("falls back to ASCII when nobody asks for Unicode", () => {
    const one = opened();
    const { at } = one.tick(1);
    expect(at).toBe(30_000);
    one.tick(30_000);
    expect(one.ready).toBe(true);
    expect(one.encode({ ...order, text: "Привет" })).toMatchObject({ type: "refused" });
    expect(one.encode({ ...order, text: "x Привет" })).toMatchObject({ type: "parts", altered: true });
  });

  it("assumes Unicode, or forgoes it, when told so", () => {
    expect(opened({ fmiUnicode: "assumed" }).ready).toBe(true);
    expect(opened({ fmiUnicode: "assumed" }).encode({ ...order, text: "Привет" })).toMatchObject({ type: "parts", altered: false });
    const off = opened({ fmiUnicode: "off" }, fmiFrame(ID.unicodeRequest, EMPTY));
    expect(off.ready).toBe(true);
    expect(sent(inner({ fmiUnicode: "off" }), 0)).toEqual(["10A1080000020001000280D21003"]);
    expect(off.encode({ ...order, text: "Привет" })).toMatchObject({ type: "refused" });
  });

  it("reads a driver's text as UTF-8 or else as code page 1252, whatever is agreed on", () => {
    const cafe = Buffer.from("10a1142400e803000007000000436166e9208020323000201003", "hex");
    const just = opened();
    const refused = opened();
    refused.tick(30_000);
    const agreed = opened({}, fmiFrame(ID.unicodeRequest, EMPTY));
    for (const one of [just, refused, agreed]) expect(hear(one, cafe)).toMatchObject([{ type: "text", text: "Café € 20", lossy: false }]);
    const said = (words: Buffer) => hear(agreed, fmiFrame(ID.driverText, driverTextBody(1_000, 7, words)));
    expect(said(Buffer.from("в пути"))).toMatchObject([{ text: "в пути", lossy: false }]);
    // UTF-8 that was cut is not the code page's.
    expect(said(Buffer.from("в пути").subarray(0, -1))).toMatchObject([{ text: "в пут\uFFFD", lossy: true }]);
    expect(said(Buffer.of(0x41, 0x81))).toMatchObject([{ text: "A\uFFFD", lossy: true }]);
  });

  it("asks for the product where a carrier lets that through, and takes texts by what the unit supports", () => {
    const one = inner({ fmiUnicode: "assumed" }, true);
    one.tick(0);
    hear(one, ackFrame(PACKET.fmi));
    expect(sent(one, 0)).toEqual(["10A10201005C1003"]);
    const tags = (...numbers: number[]): Buffer =>
      fmiFrame(ID.protocols, Buffer.concat(numbers.map((number) => Buffer.of(0x41, number & 255, number >> 8))));
    const kindOf = (protocols: Buffer, text = "x".repeat(300)): readonly (string | undefined)[] => {
      hear(one, protocols);
      const encoded = one.encode({ ...order, text });
      return encoded.type === "parts" ? encoded.parts.map(({ payload }) => payload.toString("hex", 3, 5)) : [];
    };
    expect(kindOf(tags(602, 603))).toEqual(["2100", "2100"]);
    expect(kindOf(tags(602, 604))).toEqual(["2a00", "2a00"]);
    expect(kindOf(tags(602, 604, 611))).toEqual(["5500"]);
    expect(kindOf(tags(602, 604, 611), "short")).toEqual(["2a00"]);
  });

  it("enables again when the unit says that it was switched on", () => {
    for (const id of [PACKET.unitId, PACKET.protocols, PACKET.product]) {
      const one = opened({ fmiUnicode: "assumed" });
      hear(one, seal(id, Buffer.alloc(4)));
      expect(sent(one, 1)).toEqual([ackFrame(id).toString("hex").toUpperCase(), "10A1080000020001800280521003"]);
      expect(one.ready).toBe(false);
    }
  });

  it("acknowledges every packet but ACK, NAK and positions, complains of damaged ones", () => {
    const one = opened();
    hear(one, seal(PACKET.pvt, Buffer.alloc(64)), ackFrame(PACKET.fmi), nakFrame(PACKET.fmi));
    expect(sent(one, 1)).toEqual([]);
    hear(one, fmiFrame(ID.refreshResponses, u32(0)));
    expect(sent(one, 1)).toEqual(["100602A100571003"]);
    expect(hear(one, Buffer.from("10A1020400581003", "hex"))).toMatchObject([{ type: "bad" }]);
    expect(sent(one, 1)).toEqual(["101502A100481003"]);
  });

  const tagOf = (one: Inner): string => {
    const encoded = one.encode(order);
    if (encoded.type === "refused") throw new Error(encoded.reason);
    return encoded.parts[0].tag;
  };
  const removal = (tag: string): string =>
    fmiFrame(ID.remove, namedBody(8, idField(tag)))
      .toString("hex")
      .toUpperCase();
  const acked = (one: Inner, now: number): readonly string[] => {
    hear(one, ackFrame(PACKET.fmi));
    return sent(one, now);
  };

  it("withdraws a text: behind its packet that is under way, and a refusal of it is none", () => {
    const one = opened({ fmiUnicode: "assumed" });
    const tag = tagOf(one);
    one.send(tag);
    one.tick(1);
    one.cancel?.(tag);
    expect(sent(one, 1)).toEqual([]);
    expect(acked(one, 1)).toEqual([removal(tag)]);
    expect(hear(one, fmiFrame(ID.textReceipt, timedBody(0, 8, idField(tag), 0)))).toEqual([]);
    expect(hear(one, fmiFrame(ID.textReceipt, timedBody(0, 8, idField(tag), 1)))).toMatchObject([{ type: "receipt", tag }]);
  });

  it("a text that is withdrawn before its packet went out never goes", () => {
    const one = opened({ fmiUnicode: "assumed" });
    const tag = tagOf(one);
    one.send(tag);
    one.cancel?.(tag);
    expect(sent(one, 1)).toEqual([removal(tag)]);
    const bare = opened({ fmiUnicode: "assumed", fmiLevel: "a602" });
    const nameless = tagOf(bare);
    bare.send(nameless);
    bare.cancel?.(nameless);
    expect(sent(bare, 1)).toEqual([]);
  });

  it("tells a unit that was switched off and on again what it shall delete, until it says that it did", () => {
    const one = opened({ fmiUnicode: "assumed" });
    const tag = tagOf(one);
    const on = (): void => {
      hear(one, seal(PACKET.unitId, Buffer.alloc(4)));
      one.tick(2);
    };
    one.cancel?.(tag);
    on();
    expect(acked(one, 3)).toEqual([removal(tag)]);
    hear(one, fmiFrame(ID.removed, namedBody(8, idField(tag), 1)));
    on();
    expect(acked(one, 4)).toEqual([]);
  });

  it("survives any payload, alone and behind valid packets", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...FRAMES.map(({ hex }) => Buffer.from(hex, "hex")))),
        fc.uint8Array({ maxLength: 300 }),
        (frames, tail) => {
          const one = opened();
          for (const event of hear(one, ...frames, Buffer.from(tail))) expect(event.type).not.toBe("hello");
          expect(one.tick(1).send.every((payload) => payload.length <= MAX_FRAME_BYTES)).toBe(true);
        },
      ),
    );
  });

  it("survives any body of any message", () => {
    const one = opened();
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(ID)), fc.uint8Array({ maxLength: 253 }), (id, body) => {
        hear(one, fmiFrame(id, Buffer.from(body)));
        explainPayload(fmiFrame(id, Buffer.from(body)));
      }),
    );
  });
});
