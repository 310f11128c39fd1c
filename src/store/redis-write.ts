/** Writing messages to Redis: ids and indexes first, then the one script that makes a message real. */
import { createHash, hash } from "node:crypto";
import type { MessageId, TrackerId } from "../chat/message.ts";
import {
  type Draft,
  IDEMPOTENCY_KEYS,
  IDEMPOTENCY_MS,
  OUTBOX_BYTES,
  OUTBOX_TEXTS,
  REMEMBERED_MS,
  REMEMBERED_TEXTS,
  RESEND_MS,
  type Received,
  type Reception,
  StoreUnavailable,
  type Submitted,
} from "../chat/ports.ts";
import type { DeviceText } from "../core/session-io.ts";
import type { IdTaker } from "./id-taker.ts";
import { scriptKeys } from "./keys.ts";
import { NO_MARK, type PendingMarks } from "./pending-marks.ts";
import { incomingFlags, packDraft, packEmployee } from "./redis-message.ts";
import { asArray, asNumber, ownerOf, type Reply } from "./redis-reply.ts";
import type { ScriptArgument, Scripts } from "./redis-scripts.ts";
import { outboxBytes } from "./timeline.ts";

/** Ids are taken before the tracker's script, so another writer may overtake: then a fresh one is taken, this often. */
const TRIES = 16;
const RETRY = 0;
const STORED = 1;
/** Why again, if not because this tracker has a later id already: another node took ids since, so those that were taken ahead will not do. */
const OVERTAKEN = 1;
/** The outbox was taken out of the pending index, which was known to have it. */
const UNMARKED = 2;

export interface SubmitMeans {
  readonly ids: Pick<IdTaker, "take">;
  readonly marks: Pick<PendingMarks, "take">;
  readonly named: Promise<void>;
  /** The script is on its way: scripts that are run from now on come behind it. */
  readonly underway: () => void;
}

/** Stores an OUTGOING text once `named` is settled. */
export async function submit(
  scripts: Pick<Scripts, "run">,
  draft: Draft,
  { ids, marks, named, underway }: SubmitMeans,
): Promise<Submitted> {
  const { state, flags, rest } = packDraft(draft);
  const { urgent, ttlMs, notBeforeMs = 0, replaces } = draft;
  const queue = [outboxBytes(draft.text, draft.choices), ttlMs, urgent ? 1 : 0, OUTBOX_TEXTS, OUTBOX_BYTES, notBeforeMs, replaces ?? 0];
  const repeats = [keyDigest(draft.idempotencyKey), IDEMPOTENCY_KEYS, IDEMPOTENCY_MS];
  const [code, ...stored] = await overtaking(async (why) => {
    const [{ first: id, ahead, indexed }, mark] = await Promise.all([
      ids.take(draft.trackerId, 1, why === OVERTAKEN),
      draft.rejected === null ? marks.take(draft.trackerId, why === UNMARKED) : NO_MARK,
      named,
    ]);
    const args = [id, mark.mark, state, flags, rest, ...queue, ...repeats, mark.fresh ? 0 : 1, ahead ? 1 : 0];
    const reply = scripts.run("submit", scriptKeys(draft.trackerId), args);
    underway();
    return asArray(await once(reply, indexed));
  });
  if (code !== STORED) return { type: "full" };
  const [id, submittedAt, node, epoch, replaced, repeated] = stored;
  return {
    type: "stored",
    id: asNumber(id),
    submittedAt: asNumber(submittedAt),
    owner: ownerOf(node, epoch),
    replaced: replaced === 1,
    repeated: repeated === 1,
  };
}

/** Stores a device's texts once `named` is settled. `nonce` (12 bytes) marks this call: sent to Redis twice, it counts once. */
export async function receive(
  scripts: Pick<Scripts, "run">,
  reception: Reception,
  { nonce, named, ids: taker }: { readonly nonce: Buffer; readonly named: Promise<void>; readonly ids: Pick<IdTaker, "take"> },
): Promise<Received> {
  const { trackerId, epoch, early, employeeId, texts, passed } = reception;
  if (texts.length === 0) return { ids: [], duplicates: 0 };
  const head = [nonce, epoch, early ? 1 : 0, packEmployee(employeeId), REMEMBERED_TEXTS, REMEMBERED_MS, RESEND_MS, passed ?? 0];
  const packed = texts.flatMap((text) => packText(text, employeeId));
  const [code, duplicates, ...ids] = await overtaking(async (why) => {
    const [{ first, ahead, indexed }] = await Promise.all([taker.take(trackerId, texts.length, why === OVERTAKEN), named]);
    return asArray(await once(scripts.run("receive", scriptKeys(trackerId), [first, ...head, ahead ? 1 : 0, ...packed]), indexed));
  });
  if (code !== STORED) return { ids: [], duplicates: 0, stale: true };
  return { ids: ids.map(asNumber), duplicates: asNumber(duplicates) };
}

/** Puts a dead letter back into its outbox once `named` is settled; false when it is none. */
export async function retryDeadLetter(
  scripts: Scripts,
  { trackerId, id }: { readonly trackerId: TrackerId; readonly id: MessageId },
  { marks, named }: { readonly marks: PendingMarks; readonly named: Promise<void> },
): Promise<boolean> {
  const [code] = await overtaking(async () => {
    const [{ mark }] = await Promise.all([marks.take(trackerId, true), named]);
    return [await scripts.run("retry", scriptKeys(trackerId), [id, mark])];
  });
  return code === STORED;
}

/** The reply, once the index has its ids as well: that call went before it. */
async function once(reply: Promise<Reply>, indexed: Promise<void>): Promise<Reply> {
  const [stored] = await Promise.all([reply, indexed]);
  return stored;
}

/** `why`: what the attempt before this one relied on and was out of date; null at first. */
async function overtaking(attempt: (why: Reply | null) => Promise<readonly Reply[]>): Promise<readonly Reply[]> {
  let why: Reply | null = null;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const reply = await attempt(why);
    if (reply[0] !== RETRY) return reply;
    why = reply[1] ?? null;
  }
  throw new StoreUnavailable(`overtaken by other writers ${TRIES} times in a row`);
}

function packText(text: DeviceText, employeeId: number | null): readonly ScriptArgument[] {
  const { serial, answers, lossy } = text;
  return [
    digest(serial, text.text),
    serial === null ? 0 : 1,
    answers?.messageId ?? 0,
    incomingFlags(employeeId, lossy),
    Buffer.from(text.text),
  ];
}

/** 128 bits for keys that clients choose; none for no key. */
export function keyDigest(key: string | null | undefined): Buffer {
  return key ? createHash("sha256").update(key).digest().subarray(0, 16) : Buffer.alloc(0);
}

/** 64 bits tell a tracker's last 64 texts apart. */
function digest(serial: string | null, text: string): Buffer {
  return hash("sha1", serial === null ? text : `${serial}\u0000${text}`, "buffer").subarray(0, 8);
}
