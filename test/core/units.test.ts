/** A line that several units share: each has its own tracker, texts and tags, and none holds another up. */
import { describe, expect, it } from "vitest";
import { SECOND, text } from "../support/line.ts";
import { shared, watched } from "../support/scripted-units.ts";
import { accepted, drained, Link } from "../support/shared-session.ts";

describe("a link", () => {
  it("that the fleet does not know is accepted, and is nobody itself", () => {
    const link = new Link(shared);
    expect(link.up("K link secret")).toEqual(["identify link link secret"]);
    expect(link.identified({ type: "carrier" })).toEqual(["< AL ok"]);
    expect(link.session.identity).toBeNull();
    expect(link.up("K link")).toEqual(["< AL ok"]);
    expect(link.up("K other")).toEqual(["note refused", "< AL unknown-device", "close another-device"]);
  });

  it("on which nobody logs in is closed after the login's time", () => {
    const link = Link.with();
    link.up("x P");
    link.refused("unknown-device");
    expect(link.after(15 * SECOND)).toEqual(["close login-timeout"]);
    const busy = Link.with("a");
    expect(busy.after(15 * SECOND)).toEqual([]);
  });

  it("of a tracker has a place of its own, and ends with it", () => {
    const link = new Link(shared);
    link.up("K link");
    expect(link.identified(accepted("link"))).toEqual(["< AL ok", "drain [] held  room 4"]);
    link.step({ type: "drained", result: drained() });
    link.up("a P");
    link.identified(accepted("a"));
    link.given("a", text(5));
    expect(link.up("a A 5")).toEqual(["a: drain [delivered 5] held  room 4", "< R a=ok"]);
    expect(link.step({ type: "leave", reason: "removed" })).toEqual(["close removed"]);
    const refused = new Link(shared);
    refused.up("K link x");
    expect(refused.refused("wrong-password")).toEqual(["note refused", "< AL wrong-password"]);
  });
});

describe("a frame of several units", () => {
  it("logs in whom it does not know, one question at a time, and is answered when all is stored", () => {
    const link = Link.with();
    expect(link.up("a T 1 from a|b T 1 from b|a T 2 more", "c P")).toEqual(["identify unit a null"]);
    expect(link.session.asking).toBe(true);
    expect(link.identified(accepted("a"))).toEqual(["identify unit b null"]);
    expect(link.identified(accepted("b"))).toEqual(["a: receive 1:from a|2:more early"]);
    expect(link.stored()).toEqual(["b: receive 1:from b early"]);
    expect(link.stored()).toEqual([
      "< R a=ok b=ok",
      "a: drain [] held  room 4",
      "b: drain [] held  room 4",
      // Only then the next frame is read.
      "identify unit c null",
    ]);
    expect(link.identified(accepted("c"))).toEqual(["< R c=ok", "c: drain [] held  room 4"]);
  });

  it("refuses a unit by itself: its words are dropped, the others' are stored and answered", () => {
    const link = Link.with("a");
    expect(link.up("x T 1 nobody|a T 7 somebody|y P")).toEqual(["identify unit x null"]);
    expect(link.refused("unknown-device")).toEqual(["note refused", "identify unit y null"]);
    expect(link.refused("blocked")).toEqual(["note refused", "a: receive 7:somebody early"]);
    expect(link.stored()).toEqual(["< R x=unknown-device a=ok y=blocked"]);
  });

  it("asks for a refused unit again, but not for half a minute", () => {
    const link = Link.with("a");
    link.up("x P");
    link.refused("unknown-device");
    link.now += 29 * SECOND;
    expect(link.up("x P|a P")).toEqual(["< R x=unknown-device a=ok"]);
    link.now += SECOND;
    expect(link.up("x P|a P")).toEqual(["identify unit x null"]);
    expect(link.identified(accepted("x"))).toEqual(["< R x=ok a=ok", "x: drain [] held  room 4"]);
  });

  it("is not answered while the store is away, neither for a login nor for a text; it comes again", () => {
    const link = Link.with("a");
    link.up("a T 1 text|b P");
    expect(link.identified({ type: "unavailable" })).toEqual([]);
    link.up("a T 1 text|b T 1 other");
    expect(link.identified(accepted("b"))).toEqual(["a: receive 1:text early"]);
    link.stored();
    expect(link.stored("unavailable")).toEqual(["b: drain [] held  room 4"]);
    expect(link.up("a T 1 text|b T 1 other")).toEqual(["a: receive 1:text early"]);
  });

  it("tells what it says about units that are not there to nobody", () => {
    const link = Link.with("a");
    expect(link.up("!b A 5|!c D 5")).toEqual([]);
    expect(link.up("!a A 5")).toEqual(["note stray-receipt"]);
  });

  it("counts each unit's own frames: what is early, and what it has passed", () => {
    const link = Link.with("a", "b");
    for (let frame = 0; frame < 3; frame += 1) link.up("a P");
    expect(link.up("a T - one|b T - two")).toEqual(["a: receive null:one"]);
    expect(link.stored()).toEqual(["b: receive null:two early"]);
    expect(link.stored()).toEqual(["< R a=ok b=ok"]);
    expect(link.up("b P")).toEqual(["b: passed", "< R b=ok"]);
    expect(link.up("a P")).toEqual(["a: passed", "< R a=ok"]);
  });
});

describe("texts of units", () => {
  it("go down and are settled each for its own tracker, though their tags are equal", () => {
    const link = Link.with("a", "b");
    expect(link.hint("text", "a")).toEqual(["a: drain [] held  room 4"]);
    expect(link.hint("text", "b")).toEqual(["b: drain [] held  room 4"]);
    expect(link.given("a", text(5))).toEqual(["< M a 5 text5"]);
    expect(link.given("b", text(6, { tag: 5 }))).toEqual(["< M b 5 text6"]);
    expect(link.up("b A 5")).toEqual(["b: drain [delivered 6] held  room 4", "< R b=ok"]);
    link.given("b");
    expect(link.up("!a A 5|b D 5")).toEqual(["b: drain [read 6] held  room 4", "a: drain [delivered 5] held  room 4", "< R b=ok"]);
  });

  it("lapse, are withdrawn and read late, each for its own tracker", () => {
    const link = Link.with("a", "b");
    link.given("a", text(5));
    link.now += 5 * SECOND;
    link.given("b", text(6, { tag: 5 }));
    expect(link.session.deadline).toBe(15 * SECOND);
    expect(link.after(10 * SECOND)).toEqual(["a: drain [lapsed 5] held  room 4"]);
    expect(link.session.deadline).toBe(20 * SECOND);
    link.given("a", text(5, { attempt: 2 }));
    expect(link.hint("withdrawal", "b")).toEqual(["b: drain [] held 6 room 3"]);
    const result = { type: "drained", texts: [], waiting: 0, dueInMs: null, withdrawn: [6] } as const;
    expect(link.step({ type: "drained", unit: "b", result })).toEqual(["b: drain [] held  room 4", "< X b 5"]);
    link.step({ type: "drained", unit: "b", result: drained() });
    expect(link.up("b D 77")).toEqual(["b: drain [late-read] held  room 4", "< R b=ok"]);
  });

  it("a dead link is closed for a unit that is known to acknowledge", () => {
    const link = Link.with("a", "b");
    link.given("b", text(6));
    link.after(15 * SECOND);
    link.given("b", text(6, { attempt: 2 }));
    expect(link.after(15 * SECOND)).toEqual(["close no-receipt", "b: drain [closing] held 6 room 0"]);
  });
});

describe("leaving", () => {
  it("takes one unit away and leaves the others; when it says something again it is asked for anew", () => {
    const link = Link.with("a", "b");
    link.given("a", text(5), text(7));
    link.up("a A 5");
    link.up("a A 7");
    expect(link.step({ type: "leave", unit: "a", reason: "taken-over" })).toEqual([
      "a: left taken-over",
      "a: drain [delivered 7] held  room 0",
    ]);
    expect(link.given("a")).toEqual([]);
    expect(link.hint("text", "a")).toEqual([]);
    expect(link.up("b T 1 still here|!a A 9")).toEqual(["b: receive 1:still here early"]);
    expect(link.stored()).toEqual(["< R b=ok"]);
    expect(link.up("a P")).toEqual(["identify unit a null"]);
  });

  it("is what a unit does that a newer line owns", () => {
    const link = Link.with("a", "b");
    expect(link.step({ type: "drained", unit: "a", result: { type: "stale" } })).toEqual(["a: left taken-over"]);
    expect(link.up("b P")).toEqual(["< R b=ok"]);
  });

  it("ends the line with the last unit", () => {
    const left: string[] = [];
    const link = new Link(watched(left));
    link.up("K link");
    link.identified({ type: "carrier" });
    link.up("a P|b P");
    link.identified(accepted("a"));
    link.identified(accepted("b"));
    expect(link.step({ type: "leave", unit: "b", reason: "removed" })).toEqual(["b: left removed"]);
    expect(link.step({ type: "leave", unit: "a", reason: "kicked" })).toEqual(["a: left kicked", "close kicked"]);
    expect(left).toEqual(["b", "a"]);
  });

  it("of the unit that opened the line ends it only when nobody else is on it", () => {
    const alone = Link.of();
    expect(alone.step({ type: "leave", reason: "taken-over" })).toEqual(["close taken-over"]);
    const link = Link.of("b");
    link.step({ type: "drained", result: drained(text(5)) });
    expect(link.step({ type: "leave", reason: "taken-over" })).toEqual(["left taken-over", "drain [] held  room 0"]);
    expect(link.session.identity).toBeNull();
    // What opened the line is a unit like any other now.
    expect(link.up("b P|a P")).toEqual(["identify unit a null"]);
    expect(link.identified(accepted("a"))).toEqual(["< R b=ok a=ok", "a: drain [] held  room 4"]);
    const stale = Link.of("b");
    stale.hint();
    expect(stale.step({ type: "drained", result: { type: "stale" } })).toEqual(["left taken-over"]);
    expect(stale.step({ type: "leave", unit: "b", reason: "removed" })).toEqual(["b: left removed", "close removed"]);
  });

  it("while its text is on the way to the store lets that be stored; what waits behind is said again", () => {
    const link = Link.with("a", "b");
    link.up("a T 1 one|b T 1 two");
    link.step({ type: "leave", unit: "b", reason: "taken-over" });
    // Nobody is told that all is well: the frame comes again, and the other unit is asked for.
    expect(link.stored()).toEqual([]);
    expect(link.up("a T 1 one|b T 1 two")).toEqual(["identify unit b null"]);
  });

  it("of the line hands over what every unit has to tell", () => {
    const link = Link.of("b", "c");
    link.step({ type: "drained", result: drained(text(1)) });
    link.given("b", text(2));
    link.given("c", text(3));
    for (const words of ["a A 1", "b A 2", "c A 3"]) link.up(words);
    // The first request of each is out: only what came since is told again.
    const effects = link.step({ type: "end", reason: "peer-closed", graceMs: 0 });
    expect(effects).toEqual(["close peer-closed"]);
    const fresh = Link.with("a", "b");
    fresh.given("a", text(1));
    fresh.given("b", text(2));
    expect(fresh.step({ type: "end", reason: "drain", graceMs: 2_000 })).toEqual([]);
    expect(fresh.up("a A 1|b A 2")).toEqual([
      "a: drain [delivered 1] held  room 0",
      "b: drain [delivered 2] held  room 0",
      "< R a=ok b=ok",
    ]);
    fresh.given("a");
    expect(fresh.given("b")).toEqual(["close drain"]);
  });
});

describe("bounds", () => {
  const frame = (from: number, count: number): string => Array.from({ length: count }, (_, n) => `u${from + n} P`).join("|");
  const answered = (link: Link, first: readonly string[]): { readonly logins: number; readonly reply: string } => {
    let effects = first;
    let logins = 0;
    for (
      let key = effects.at(-1)?.split(" ")[2];
      effects.at(-1)?.startsWith("identify unit") === true;
      key = effects.at(-1)?.split(" ")[2]
    ) {
      logins += 1;
      effects = link.identified(accepted(key ?? ""));
    }
    return { logins, reply: effects.find((effect) => effect.startsWith("< R")) ?? "" };
  };

  it("a hundred units may log in at once, then fifty a second; the others are told to come later", () => {
    const link = Link.with();
    const first = answered(link, link.up(frame(0, 120)));
    expect(first.logins).toBe(100);
    expect(first.reply).toContain("u99=ok u100=overload");
    link.now += SECOND;
    expect(answered(link, link.up(frame(100, 60))).logins).toBe(50);
  });

  it("a line carries a thousand", () => {
    const link = Link.with();
    for (let from = 0; from < 1_000; from += 50) {
      expect(answered(link, link.up(frame(from, 50))).logins).toBe(50);
      link.now += SECOND;
    }
    const more = answered(link, link.up("u1000 P|u7 P"));
    expect(more).toEqual({ logins: 0, reply: "< R u1000=overload u7=ok" });
    link.step({ type: "leave", unit: "u3", reason: "removed" });
    expect(answered(link, link.up("u1000 P")).logins).toBe(1);
  });
});
