/** Whose turn it is on a half-duplex line of Navtelecom. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACK_HOLD_MS, HalfDuplex } from "../../protocols/navtelecom/half-duplex.ts";
import { DEFAULTS } from "../../protocols/navtelecom/profile.ts";

const ACTS: Readonly<Record<string, (duplex: HalfDuplex, now: number) => void>> = {
  take: (duplex) => duplex.take(Buffer.from("order"), "1"),
  busy: (duplex) => duplex.result() && duplex.postpone(),
  result: (duplex) => duplex.result() && duplex.settle(),
  settle: (duplex) => duplex.settle(),
  telemetry: (duplex, now) => duplex.acknowledge(Buffer.from(`ack${now}`)),
};

function acks(send: readonly Buffer[]): readonly string[] {
  return send.map(String).filter((words) => words.startsWith("ack"));
}

describe("whose turn it is", () => {
  const started = () => {
    const duplex = new HalfDuplex(DEFAULTS);
    duplex.take(Buffer.from("order"), "1");
    expect(duplex.tick(0, true).send.map(String)).toEqual(["order"]);
    return duplex;
  };

  it("asks to be called again only in the future", () => {
    const step = fc.oneof(
      fc.constantFrom("take", "result", "busy", "telemetry", "settle").map((what) => ({ what, ms: 0 })),
      fc.integer({ min: 0, max: 12_000 }).map((ms) => ({ what: "wait", ms })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, free) => {
        const duplex = new HalfDuplex(DEFAULTS);
        let now = 0;
        for (const { what, ms } of steps) {
          now += ms;
          ACTS[what]?.(duplex, now);
          expect(duplex.tick(now, free).at ?? Infinity).toBeGreaterThan(now);
        }
        // Nothing is kept back for good.
        for (let ms = 0; ms < 6 * ACK_HOLD_MS; ms += 1_000) duplex.tick(now + ms, true);
        expect(acks(duplex.tick(now + 6 * ACK_HOLD_MS, true).send)).toEqual([]);
        expect(duplex.acknowledge(Buffer.from("ack"))).toEqual(Buffer.from("ack"));
      }),
    );
  });

  it("keeps at most eight acknowledgements back, each once", () => {
    const duplex = started();
    for (let index = 0; index < 8; index += 1) expect(duplex.acknowledge(Buffer.of(index))).toBeNull();
    expect(duplex.acknowledge(Buffer.of(99))).toEqual(Buffer.of(99));
    expect(duplex.result()).toBe(true);
    duplex.settle();
    expect(duplex.tick(1, true).send).toHaveLength(8);
  });

  it("holds the next order until the copies of the last have had their results", () => {
    const duplex = started();
    duplex.tick(5_000, true);
    expect(duplex.result()).toBe(true);
    duplex.settle();
    expect(duplex.clear).toBe(false);
    duplex.take(Buffer.from("next"), "2");
    expect(duplex.tick(5_001, true).send).toEqual([]);
    expect(duplex.result()).toBe(false);
    expect(duplex.tick(5_002, true).send.map(String)).toEqual(["next"]);
    expect(duplex.result()).toBe(true);
  });

  it("a cancelled order does not go out again; the result that is awaited is its own", () => {
    const duplex = started();
    duplex.cancel("2");
    expect([duplex.awaited, duplex.wanted]).toEqual(["1", true]);
    duplex.cancel("1");
    expect([duplex.awaited, duplex.wanted]).toEqual(["1", false]);
    expect(duplex.tick(5_000, true)).toEqual({ send: [], at: null });
    expect(duplex.result()).toBe(true);
    duplex.settle();
    expect(duplex.clear).toBe(true);
  });

  it("an order that is cancelled before it goes out, or after the display was busy, is gone", () => {
    const duplex = started();
    expect(duplex.result()).toBe(true);
    duplex.postpone();
    duplex.cancel("1");
    expect(duplex.awaited).toBeNull();
    expect(duplex.tick(60_000, true)).toEqual({ send: [], at: null });
    duplex.take(Buffer.from("next"), "2");
    duplex.cancel("2");
    expect(duplex.tick(60_001, true)).toEqual({ send: [], at: null });
  });
});
