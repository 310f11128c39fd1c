/** Bytes may be cut anywhere and may be anything: the session does the same, and nothing of ours fails. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Effect } from "../../src/core/index.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { conversationsOf, cut, defects, effects } from "./effects.ts";
import type { Subject } from "./subject.ts";

/** The most that `detect` may ask for. */
const HEAD_BYTES = 64;

export function survivesAnyBytes(subject: Subject): void {
  const { protocol } = subject;
  const conversations = conversationsOf(subject);
  const profile = checkedProfile(protocol, {});
  const prefix = fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.constantFrom(...conversations).chain((bytes) => fc.nat(bytes.length).map((length) => bytes.subarray(0, length))),
  );

  it("does the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...conversations),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (bytes, sizes) => {
          expect(story(effects(protocol, cut(bytes, sizes), profile))).toBe(story(effects(protocol, [Buffer.from(bytes)], profile)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("survives any bytes, alone and behind a valid start", () => {
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (start, tail) => {
        expect(defects(effects(protocol, [Buffer.concat([start, Buffer.from(tail)])], profile))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("survives a flipped byte anywhere", () => {
    fc.assert(
      fc.property(fc.constantFrom(...conversations), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, mask) => {
        const broken = Buffer.from(bytes);
        const index = at % broken.length;
        broken[index] = (broken[index] ?? 0) ^ mask;
        expect(defects(effects(protocol, [broken], profile))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it(`recognises a connection, or not, by its first ${HEAD_BYTES} bytes`, () => {
    fc.assert(
      fc.property(prefix, fc.uint8Array({ minLength: HEAD_BYTES, maxLength: HEAD_BYTES }), (start, tail) => {
        const head = Buffer.concat([start, Buffer.from(tail)]).subarray(0, HEAD_BYTES);
        expect(protocol.detect(head)).not.toBe("more");
      }),
      { numRuns: 300 },
    );
  });
}

/** Effects as text; noise is cut as the stream is, so only its bytes count. */
function story(seen: readonly Effect[]): string {
  const lines: string[] = [];
  let noise = "";
  for (const effect of seen) {
    if (effect.type === "note" && effect.kind === "noise") noise += effect.bytes?.toString("hex") ?? "";
    else
      lines.push(
        JSON.stringify(effect, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value)),
      );
  }
  return `${lines.join("\n")}\nnoise ${noise}`;
}
