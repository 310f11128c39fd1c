/** What units say may read differently by who they are: a frame is heard when all of them are known. */
import { describe, expect, it } from "vitest";
import type { DeviceEvent, Protocol } from "../../src/core/index.ts";
import { shared } from "../support/scripted-units.ts";
import { accepted, Link } from "../support/shared-session.ts";

/** The same protocol, which reads words only when they are asked for. `welcome`: who is known by then. */
function lazy(hear: (events: readonly DeviceEvent[], welcome: ReadonlySet<string>) => readonly DeviceEvent[]): Protocol {
  const connect: Protocol["connect"] = () => {
    const codec = shared.connect();
    const welcome = new Set<string>();
    return {
      ...codec,
      unit: (key, identity) => {
        welcome.add(key);
        return codec.unit?.(key, identity) ?? codec;
      },
      decode: (frame) => {
        const reading = codec.decode(frame);
        return reading.units === undefined ? reading : { ...reading, events: [], hear: () => hear(reading.events, welcome) };
      },
    };
  };
  return { ...shared, connect };
}

describe("a frame of several units", () => {
  it("is heard once, when those that are welcome are known and the others refused", () => {
    const heard: string[] = [];
    const link = Link.speaking(
      lazy((events, welcome) => {
        heard.push([...welcome].join());
        return events;
      }),
    );
    link.up("a T 1 hi|x T 1 no|b P");
    link.identified(accepted("a"));
    link.refused("unknown-device");
    expect(heard).toEqual([]);
    expect(link.identified(accepted("b"))).toEqual(["a: receive 1:hi early"]);
    expect(link.stored()).toContain("< R a=ok x=unknown-device b=ok");
    expect(heard).toEqual(["a,b"]);
  });

  it("is not heard while the store is away: it comes again", () => {
    let times = 0;
    const link = Link.speaking(
      lazy((events) => {
        times += 1;
        return events;
      }),
    );
    link.up("a T 1 hi");
    expect(link.identified({ type: "unavailable" })).toEqual([]);
    expect(times).toBe(0);
    link.up("a T 1 hi");
    link.identified(accepted("a"));
    expect(times).toBe(1);
  });

  it("that cannot be heard is spoiled, not the line", () => {
    let broken = true;
    const link = Link.speaking(
      lazy((events) => {
        if (broken) throw new Error("planted");
        return events;
      }),
    );
    link.up("a T 1 hi");
    expect(link.identified(accepted("a"))).toEqual(["note defect", "a: drain [] held  room 4"]);
    broken = false;
    expect(link.up("a T 1 hi")).toEqual(["a: receive 1:hi early"]);
  });

  it("costs the line only when nobody in it speaks sense", () => {
    const link = Link.with("a", "b");
    for (let times = 0; times < 20; times += 1) expect(link.up("a ?|b P")).toEqual(["note bad-frame", "< R a=ok b=ok"]);
    for (let times = 0; times < 9; times += 1) expect(link.up("a ?|b ?")).toEqual(["note bad-frame", "< R a=ok b=ok"]);
    expect(link.up("a ?|b ?")).toContain("close too-many-bad-frames");
  });
});
