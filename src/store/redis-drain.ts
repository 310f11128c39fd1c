/** Draining an outbox in Redis: one script, and a second call where a text must first be named as a dead letter. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import { type DrainRequest, REMEMBERED_TAGS, StoreUnavailable } from "../chat/ports.ts";
import type { ClaimedText, DrainResult, EndedTexts, Settlement, Trace } from "../core/session-io.ts";
import { scriptKeys } from "./keys.ts";
import { keptReason, someEnded } from "./limits.ts";
import { indexDead } from "./redis-dead.ts";
import { unpackSpeech } from "./redis-message.ts";
import { asArray, asBytes, asNumber, type Reply } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

const DRAINED = 1;
/** Exhausted texts are named 16 at a time; more rounds than an outbox could ask for mean a fault. */
const ROUNDS = 100;

interface Named {
  readonly ids: readonly MessageId[];
  /** When (ms): the script relies on the index only for a while. */
  readonly at: number;
}

/** Applies settlements and claims texts; `nonce` gives a fresh mark for each call of the script. */
export async function drain(scripts: Scripts, request: DrainRequest, nonce: () => string): Promise<DrainResult> {
  const texts: ClaimedText[] = [];
  let ended: EndedTexts = { expired: 0, deadLettered: 0 };
  const withdrawn: MessageId[] = [];
  let named: Named = { ids: [], at: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const traces = round === 0 ? (request.traces ?? []) : [];
    const rest = { ...remaining(request, texts, round), traces: traces.map(packTrace), keptTags: REMEMBERED_TAGS };
    const json = JSON.stringify({ ...rest, nonce: nonce(), indexed: named.ids, indexedAt: named.at });
    const frames = traces.map(({ bytes }) => bytes);
    const [status, waiting, due, toName, over, unwanted, ...claimed] = asArray(
      await scripts.run("drain", scriptKeys(request.trackerId), [json, ...frames]),
    );
    if (status !== DRAINED) return { type: "stale" };
    texts.push(...claimed.map(claimedText));
    ended = sum(ended, over);
    const ids = asArray(toName).map(asNumber);
    const dueInMs = asNumber(due) < 0 ? null : asNumber(due);
    withdrawn.push(...asArray(unwanted).map(asNumber));
    if (ids.length === 0)
      return { type: "drained", texts, waiting: asNumber(waiting), dueInMs, ...someEnded(ended), withdrawn: [...new Set(withdrawn)] };
    named = { ids, at: await nameAsDead(scripts, request.trackerId, ids) };
  }
  throw new StoreUnavailable(`dead letters of tracker ${request.trackerId} could not be named in ${ROUNDS} rounds`);
}

function sum({ expired, deadLettered }: EndedTexts, reply: Reply | undefined): EndedTexts {
  const [ranOut, buried] = asArray(reply).map(asNumber);
  return { expired: expired + (ranOut ?? 0), deadLettered: deadLettered + (buried ?? 0) };
}

/** What later rounds still have to do: settlements are applied in the first. */
function remaining(request: DrainRequest, texts: readonly ClaimedText[], round: number): Omit<DrainRequest, "trackerId"> {
  const { epoch, maxAttempts, tagBytes, urgentOnly = false } = request;
  const held = [...request.held, ...texts.map((text) => text.id)];
  const settlements = round === 0 ? request.settlements.map(bounded) : [];
  const tags = round === 0 ? (request.tags ?? []) : [];
  return { epoch, maxAttempts, tagBytes, urgentOnly, held, settlements, tags, room: request.room - texts.length };
}

function packTrace({ id, direction, ageMs }: Trace): object {
  return { id, up: direction === "up", ageMs };
}

function bounded(settlement: Settlement): Settlement {
  return settlement.type === "rejected" ? { ...settlement, reason: keptReason(settlement.reason) } : settlement;
}

function nameAsDead(scripts: Scripts, trackerId: TrackerId, ids: readonly MessageId[]): Promise<number> {
  return indexDead(
    scripts,
    ids.map((id) => ({ trackerId, id })),
  );
}

function claimedText(reply: Reply): ClaimedText {
  const [id, value, urgent, attempt, tag, partsAcked] = asArray(reply);
  return {
    id: asNumber(id),
    ...unpackSpeech(asBytes(value)),
    urgent: urgent === 1,
    attempt: asNumber(attempt),
    tag: asNumber(tag),
    partsAcked: asNumber(partsAcked),
  };
}
