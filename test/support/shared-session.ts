/** A session whose line carries several units, its questions answered by hand. */
import type { ClaimedText, DrainResult, LoginVerdict, Protocol, RefusalReason } from "../../src/core/index.ts";
import { Line, NEW, PROVEN } from "./line.ts";
import { shared } from "./scripted-units.ts";

const TRACKERS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, link: 9 };

/** A unit of the fleet; the second is known to acknowledge. */
export function accepted(key: string): LoginVerdict {
  const identity = { trackerId: TRACKERS[key] ?? 100, deviceId: key, profile: {}, secret: null };
  return { type: "accepted", identity, standing: key === "b" ? PROVEN : NEW };
}

/** What the store gives. */
export function drained(...texts: readonly ClaimedText[]): DrainResult {
  return { type: "drained", texts, waiting: 0, dueInMs: null };
}

/** A line whose questions about units are answered by hand. */
export class Link extends Line {
  identified(verdict: LoginVerdict): string[] {
    return this.step({ type: "identified", verdict });
  }

  refused(reason: RefusalReason): string[] {
    return this.identified({ type: "refused", reason });
  }

  /** What the store gives to this unit. */
  given(unit: string, ...texts: readonly ClaimedText[]): string[] {
    return this.step({ type: "drained", unit, result: drained(...texts) });
  }

  /** A link that is nobody's, with these units on it. */
  static with(...units: readonly string[]): Link {
    return Link.speaking(shared, ...units);
  }

  static speaking(protocol: Protocol, ...units: readonly string[]): Link {
    const link = new Link(protocol);
    link.up("K link");
    link.identified({ type: "carrier" });
    if (units.length > 0) link.up(units.map((unit) => `${unit} P`).join("|"));
    for (const unit of units) link.identified(accepted(unit));
    for (const unit of units) link.given(unit);
    return link;
  }

  /** A line that `a` opened, with these beside it. */
  static of(...units: readonly string[]): Link {
    const link = new Link(shared);
    link.up("L a");
    link.identified(accepted("a"));
    link.step({ type: "drained", result: drained() });
    if (units.length > 0) link.up(units.map((unit) => `${unit} P`).join("|"));
    for (const unit of units) link.identified(accepted(unit));
    for (const unit of units) link.given(unit);
    return link;
  }
}
