/** I2: a text is read when its device said so of that very text, over whichever line; and then it is. */
import type { EntryOf } from "../history.ts";
import type { DeviceTraits } from "../plan.ts";
import { parsePart } from "../texts.ts";
import type { Facts, Placed, Violation } from "./facts.ts";

/** Up to the node, to the store and done. */
const HEARD_MS = 1_000;
/** An outage of the store, with the calls that were waiting for its end. */
const AFTERMATH_MS = 12_000;
const LONGEST_STOP_MS = 70_000;

export function checkReads(facts: Facts): readonly Violation[] {
  return [...invented(facts), ...facts.run.plan.devices.flatMap((traits) => unheard(facts, traits))];
}

function invented(facts: Facts): readonly Violation[] {
  return facts.of("message").flatMap(({ message, before, t, at }) => {
    const traits = facts.traitsOf(message.trackerId);
    const part = message.direction === "OUTGOING" ? parsePart(message.text) : null;
    if (message.state !== "read" || before?.state === "read" || part === null || traits === undefined) return [];
    const said = facts.receipts(traits.name, part.n).some(({ outcome, at: when }) => outcome === "read" && when < at);
    return said
      ? []
      : [{ invariant: "I2" as const, t, what: `message ${message.id} (text ${part.n}) is read without a word of ${traits.name}` }];
  });
}

/** What was delivered and then read counts as read soon, unless something kept the word from getting through. */
function unheard(facts: Facts, { name, trackerId }: DeviceTraits): readonly Violation[] {
  const reads = facts.of("receipt").filter(({ device, outcome }) => device === name && outcome === "read");
  return reads.flatMap((read): readonly Violation[] => {
    const id = facts.idsOfText.get(`${trackerId} ${read.n}`)?.[0] ?? 0;
    const looks = facts.looks.get(id) ?? [];
    const wasDelivered = looks.findLast((look) => look.at < read.at)?.message.state === "delivered";
    const by = read.t + HEARD_MS;
    const isRead = looks.findLast((look) => look.t <= by)?.message.state === "read";
    if (!wasDelivered || isRead || by > facts.endedAt || hindered(facts, trackerId, read)) return [];
    return [{ invariant: "I2", t: by, what: `message ${id} (text ${read.n}), which ${name} has read, is not` }];
  });
}

function hindered(facts: Facts, tracker: number, { t, line }: Placed<EntryOf<"receipt">>): boolean {
  const node = facts.nodeOfLine.get(line);
  const opened = facts.of("line-opened").find((entry) => entry.line === line);
  const closed = facts.of("line-closed").find((entry) => entry.line === line);
  if (opened === undefined || (closed !== undefined && closed.t <= t + HEARD_MS)) return true;
  const touches = (fault: EntryOf<"fault"> & { readonly t?: number }): boolean => {
    if (fault.kind.startsWith("line-")) return fault.trackerId === tracker && (fault.t ?? 0) >= opened.t;
    if (fault.kind.startsWith("node-")) return fault.node === node;
    return fault.kind.startsWith("store-") && (fault.t ?? 0) > t - AFTERMATH_MS && (fault.node === node || fault.kind === "store-down");
  };
  return facts.faults(t - LONGEST_STOP_MS, t + HEARD_MS, touches).length > 0;
}
