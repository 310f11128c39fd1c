/** I16b: a text that is withdrawn on its way stops there, and a device with the means for it deletes what it has of it. */

import type { EntryOf } from "../history.ts";
import { parsePart } from "../texts.ts";
import type { Facts, Placed, Violation } from "./facts.ts";

/** From the store to the line by mail, back for the list of what it holds, and down to the device. */
const HEARD_MS = 1_000;
/** A node that was stopped for so long may still have to catch up. */
const LONGEST_STOP_MS = 70_000;
/** An outage of the store, with the calls that were waiting for its end. */
const AFTERMATH_MS = 12_000;

export function checkWithdrawals(facts: Facts): readonly Violation[] {
  return facts.of("message").flatMap((look) => {
    const line = look.message.state === "cancelled" && look.before?.state === "written" ? lineThatHasIt(facts, look) : undefined;
    if (line === undefined || hindered(facts, look, line)) return [];
    return [...laterParts(facts, look, line), ...keptParts(facts, look, line)];
  });
}

type Look = Placed<EntryOf<"message">>;
type Line = Placed<EntryOf<"line-opened">>;

/** The line that owned the tracker when the text was withdrawn, if it is the one that had the text. */
function lineThatHasIt(facts: Facts, { message, at }: Look): Line | undefined {
  const owner = facts.of("login").findLast((login) => login.trackerId === message.trackerId && login.at < at);
  const claim = facts.claims.get(message.id)?.findLast(({ entry }) => entry.at < at);
  if (owner === undefined || claim?.entry.epoch !== owner.epoch) return undefined;
  return facts.of("line-opened").find(({ trackerId, epoch }) => trackerId === message.trackerId && epoch === owner.epoch);
}

/** Mail, store, nodes or the line itself kept the news from getting through. */
function hindered(facts: Facts, look: Look, line: Line): boolean {
  const by = look.t + HEARD_MS;
  const closed = facts.of("line-closed").find((entry) => entry.line === line.line);
  const hinders = (fault: EntryOf<"fault">): boolean => hindering(fault, look, line);
  return (closed !== undefined && closed.t <= by) || facts.faults(look.t - LONGEST_STOP_MS, by, hinders).length > 0;
}

function hindering({ kind, node, trackerId, t: struck }: EntryOf<"fault">, { message, t }: Look, line: Line): boolean {
  const fresh = struck > t - AFTERMATH_MS;
  const own = trackerId === message.trackerId;
  const [what] = kind.split("-");
  // Whoever withdrew the text may have been stopped before it could send the news.
  if (what === "node") return fresh || node === line.node;
  if (what === "store") return fresh && (kind === "store-down" || own || node === line.node);
  if (what === "mail") return own && struck >= t;
  return what === "line" && own && struck >= line.t;
}

function laterParts(facts: Facts, { message, t }: Look, { line }: Line): readonly Violation[] {
  const device = facts.traitsOf(message.trackerId)?.name ?? "";
  const late = facts.received(device, numberOf(message.text)).find((entry) => entry.line === line && entry.t > t + HEARD_MS);
  if (late === undefined) return [];
  return [{ invariant: "I16b", t: late.t, what: `part ${late.part} of message ${message.id} came to ${device} after it was withdrawn` }];
}

/** What the device was shown and never answered is deleted; an answer that crossed the withdrawal may have ended it before. */
function keptParts(facts: Facts, { message, t }: Look, { line }: Line): readonly Violation[] {
  const traits = facts.traitsOf(message.trackerId);
  if (traits?.receipts !== "by-tag") return [];
  const { name } = traits;
  const n = numberOf(message.text);
  if (facts.receipts(name, n).some((receipt) => receipt.t <= t + HEARD_MS)) return [];
  const removed = facts.of("removed").filter((entry) => entry.device === name && entry.line === line && entry.t <= t + HEARD_MS);
  const kept = facts.received(name, n).find((part) => part.line === line && part.t <= t && !removed.some(({ tag }) => tag === part.tag));
  if (kept === undefined) return [];
  return [
    { invariant: "I16b", t: t + HEARD_MS, what: `${name} still shows part ${kept.part} of message ${message.id}, which was withdrawn` },
  ];
}

function numberOf(text: string): number {
  return parsePart(text)?.n ?? -1;
}
