/** I2, I3, I4: what counts as delivered, in which order texts come, and how often. */
import { isSettled, type MessageState } from "../../../src/chat/message.ts";
import type { EntryOf } from "../history.ts";
import type { DeviceTraits } from "../plan.ts";
import { parsePart } from "../texts.ts";
import type { Facts, Placed, Violation } from "./facts.ts";

/** Deliveries of one text before it is given up, by the scripted protocols. */
const ATTEMPTS = { "by-tag": 10, "in-order": 3 } as const;
/** How long a receipt that was sent at once may be on its way. */
const PROMPT_MS = 1_000;
/** How long a fault of a node or the store goes on having effects. */
const AFTERMATH_MS = 12_000;

/** I2: DELIVERED only after the device's own positive receipt for every part of that very text; rejected only after its no. */
export function checkReceipts(facts: Facts): readonly Violation[] {
  return facts.of("message").flatMap((look) => {
    const { message } = look;
    const traits = facts.traitsOf(message.trackerId);
    const part = message.direction === "OUTGOING" ? parsePart(message.text) : null;
    if (part === null || traits === undefined || (isVouchedFor(facts, look, traits) && isRefused(facts, look, traits))) return [];
    const what = `message ${message.id} (text ${part.n}) became ${message.state} without a word of ${traits.name}`;
    return [{ invariant: "I2" as const, t: look.t, what }];
  });
}

function isVouchedFor(facts: Facts, look: Placed<EntryOf<"message">>, traits: DeviceTraits): boolean {
  const flipped = look.message.updatedAt !== null && (look.before?.updatedAt ?? null) === null;
  return !flipped || vouchedFor(facts, look, traits);
}

function isRefused(facts: Facts, look: Placed<EntryOf<"message">>, traits: DeviceTraits): boolean {
  const rejected = look.message.state === "rejected" && look.before?.state !== "rejected";
  return !rejected || refusedBy(facts, look, traits);
}

function vouchedFor(facts: Facts, look: Placed<EntryOf<"message">>, traits: DeviceTraits): boolean {
  const { n = 0, parts = 0 } = parsePart(look.message.text) ?? {};
  if (look.message.receipt === "implied" && !traits.implied) return false;
  const evidence = look.message.receipt === "implied" ? facts.received(traits.name, n) : positive(facts, traits.name, n);
  const before = evidence.filter((entry) => entry.at < look.at);
  for (let part = 0; part < parts; part += 1) if (!before.some((entry) => entry.part === part)) return false;
  return true;
}

function positive(facts: Facts, device: string, n: number): readonly Placed<EntryOf<"receipt">>[] {
  return facts.receipts(device, n).filter(({ outcome }) => outcome === "accepted");
}

/** A no, or a second checksum error. */
function refusedBy(facts: Facts, look: Placed<EntryOf<"message">>, { name }: DeviceTraits): boolean {
  const receipts = facts.receipts(name, parsePart(look.message.text)?.n ?? 0).filter((entry) => entry.at < look.at);
  return receipts.some(({ outcome }) => outcome === "rejected") || receipts.filter(({ outcome }) => outcome === "garbled").length > 1;
}

/** I3: texts of one lane first come in the order of their numbers; what had ended before may still drip from an older line. */
export function checkOrder(facts: Facts): readonly Violation[] {
  return facts.run.plan.devices.flatMap((traits) => {
    const first = new Map(
      facts
        .of("received")
        .filter(({ device }) => device === traits.name)
        .toReversed()
        .map((entry) => [entry.n, entry]),
    );
    const inOrderOfArrival = [...first.values()].sort((one, other) => one.at - other.at);
    const isUrgent = (n: number): boolean => facts.run.texts.get(n)?.urgent === true;
    // A text that waits for its time joins its lane then.
    const isOrdered = ({ n }: { readonly n: number }): boolean => facts.run.texts.get(n)?.notBeforeMs === 0;
    return [true, false].flatMap((urgent) => {
      const lane = inOrderOfArrival.filter(({ n }) => isUrgent(n) === urgent);
      const ordered = lane.filter(isOrdered);
      const waited = lane.filter((entry) => !isOrdered(entry));
      return [...checkLane(facts, traits, ordered), ...waited.flatMap((late) => checkDue(facts, traits, { late, ordered }))];
    });
  });
}

/** What was sent when this text's time had come is behind it. */
function checkDue(
  facts: Facts,
  traits: DeviceTraits,
  { late, ordered }: { readonly late: Placed<EntryOf<"received">>; readonly ordered: readonly Placed<EntryOf<"received">>[] },
): readonly Violation[] {
  const first = (n: number) => facts.looks.get(idOf(facts, traits, n))?.[0];
  const { message } = first(late.n) ?? {};
  if (message === undefined) return [];
  const due = message.submittedAt + (facts.run.texts.get(late.n)?.notBeforeMs ?? 0);
  const passing = ordered.find((entry) => entry.at < late.at && (first(entry.n)?.storeNow ?? 0) >= due);
  if (passing === undefined || hadEnded(facts, message.id, late.at)) return [];
  const what = `${traits.name} got message ${message.id}, due at ${due}, after ${idOf(facts, traits, passing.n)}, which was sent later`;
  return [{ invariant: "I3", t: late.t, what }];
}

function idOf(facts: Facts, { trackerId }: DeviceTraits, n: number): number {
  return facts.idsOfText.get(`${trackerId} ${n}`)?.[0] ?? 0;
}

function checkLane(facts: Facts, traits: DeviceTraits, arrivals: readonly Placed<EntryOf<"received">>[]): readonly Violation[] {
  const violations: Violation[] = [];
  let last = 0;
  for (const { n, t, at } of arrivals) {
    const id = idOf(facts, traits, n);
    if (id <= last && !hadEnded(facts, id, at))
      violations.push({ invariant: "I3", t, what: `${traits.name} got message ${id} after ${last}` });
    last = Math.max(last, id);
  }
  return violations;
}

/** It was taken out of the way, for all to see in its timeline, before the later texts were handed out. */
function hadEnded(facts: Facts, id: number, at: number): boolean {
  const state = facts.looks.get(id)?.findLast((look) => look.at < at)?.message.state;
  return state !== undefined && GIVEN_UP.has(state);
}

const GIVEN_UP: ReadonlySet<MessageState> = new Set(["expired", "unconfirmed", "cancelled", "dead-lettered"]);

/** I4: a copy needs a cause, deliveries are bounded, and a re-send has the tag of the first. */
export function checkCopies(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const found = (t: number, what: string): void => void violations.push({ invariant: "I4", t, what });
  for (const { message, n, parts } of facts.outgoing()) {
    const traits = facts.traitsOf(message.trackerId);
    if (traits === undefined) continue;
    checkClaims(facts, message.id, ATTEMPTS[traits.receipts], found);
    const received = facts.received(traits.name, n);
    for (let part = 0; part < parts; part += 1) {
      const copies = received.filter((entry) => entry.part === part);
      checkPart(facts, traits, copies, found);
    }
  }
  return violations;
}

type Found = (t: number, what: string) => void;

function checkClaims(facts: Facts, id: number, most: number, found: Found): void {
  for (const { attempt, entry } of facts.claims.get(id) ?? []) {
    if (attempt > most) found(entry.t, `message ${id} was handed out for delivery ${attempt} of ${most}`);
    const before = facts.looks.get(id)?.findLast((look) => look.at < entry.at)?.message.state;
    if (before !== undefined && isSettled(before)) found(entry.t, `message ${id} was handed out though it is ${before}`);
  }
}

function checkPart(
  facts: Facts,
  { name, trackerId, receipts }: DeviceTraits,
  copies: readonly Placed<EntryOf<"received">>[],
  found: Found,
): void {
  const garbled = copies[0] === undefined ? 0 : facts.receipts(name, copies[0].n).filter(({ outcome }) => outcome === "garbled").length;
  copies.forEach((copy, place) => {
    const earlier = copies[place - 1];
    const what = `copy ${place + 1} of text ${copy.n}, part ${copy.part}, for ${name}`;
    if (place + 1 > ATTEMPTS[receipts] + garbled) found(copy.t, `${what} is beyond every attempt`);
    if (earlier === undefined) return;
    if (copy.tag !== earlier.tag) found(copy.t, `${what} has tag ${copy.tag} instead of ${earlier.tag}`);
    if (copy.line === earlier.line && promptlyAcknowledged(facts, name, earlier, copy.at) && !disturbed(facts, trackerId, earlier, copy)) {
      found(copy.t, `${what} came though the one before was acknowledged at once`);
    }
  });
}

/** Between two copies on one line the first was acknowledged at once, and no checksum error asked for another. */
function promptlyAcknowledged(facts: Facts, device: string, copy: Placed<EntryOf<"received">>, before: number): boolean {
  const answers = facts
    .receipts(device, copy.n)
    .filter(({ part, line, at }) => part === copy.part && line === copy.line && at > copy.at && at < before);
  return (
    answers.some(({ outcome, t }) => outcome === "accepted" && t <= copy.t + PROMPT_MS) &&
    !answers.some(({ outcome }) => outcome === "garbled")
  );
}

/** The node, its way to the store or the line was hurt between two copies. */
function disturbed(
  facts: Facts,
  trackerId: number,
  from: { readonly t: number; readonly line: number },
  to: { readonly t: number },
): boolean {
  const node = facts.nodeOfLine.get(from.line);
  const touches = (fault: EntryOf<"fault">): boolean =>
    fault.kind === "store-down" ||
    (fault.kind.startsWith("line-") && fault.trackerId === trackerId) ||
    (fault.node === node && (fault.kind.startsWith("node-") || fault.kind.startsWith("store-")));
  return facts.faults(from.t - AFTERMATH_MS, to.t, touches).length > 0;
}
