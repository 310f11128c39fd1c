/** Dead letters in Redis: kept with their tracker, named in one index outside its slot before they become such. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import type { DeadLetter } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { DEAD_LETTERS, scriptKeys } from "./keys.ts";
import { asArray, asBytes, asNumber } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

interface Named {
  readonly trackerId: TrackerId;
  readonly id: MessageId;
}

/** Index entries read at a time. */
const PAGE = 256;
/** A name is taken back only when no script can still rely on it (drain.lua: 30 s). */
const STALE_MS = 60_000;

/** Names these texts in the index; gives the time (ms) written there. */
export async function indexDead(scripts: Scripts, texts: readonly Named[]): Promise<number> {
  return asNumber(
    await scripts.run(
      "index-dead",
      [DEAD_LETTERS],
      texts.map(({ trackerId, id }) => `${trackerId}:${id}`),
    ),
  );
}

/** The newest dead letters; names in the index that are none are taken back. */
export async function deadLetters(connection: RedisConnection, scripts: Scripts, limit: number): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  const stale: string[] = [];
  for (let offset = 0; letters.length < limit; offset += PAGE) {
    const page = await connection.zrevrange(DEAD_LETTERS, offset, offset + PAGE - 1, "WITHSCORES");
    if (page.length === 0) break;
    const found = await lettersOf(scripts, page);
    letters.push(...found.letters);
    stale.push(...found.stale);
  }
  if (stale.length > 0) await scripts.run("unindex-dead", [DEAD_LETTERS], [STALE_MS, ...stale]);
  return letters.sort((one, other) => other.at - one.at || other.id - one.id).slice(0, limit);
}

/** `page`: members and scores in turn. */
async function lettersOf(scripts: Scripts, page: readonly string[]): Promise<{ letters: readonly DeadLetter[]; stale: readonly string[] }> {
  const byTracker = new Map<TrackerId, string[]>();
  const scores = new Map<string, string>();
  for (let at = 0; at < page.length; at += 2) {
    const member = page[at] ?? "";
    scores.set(member, page[at + 1] ?? "");
    const tracker = Number(member.split(":")[0]);
    byTracker.set(tracker, [...(byTracker.get(tracker) ?? []), member]);
  }
  const all = await Promise.all([...byTracker].map(([tracker, members]) => recordsOf(scripts, tracker, members)));
  const letters = all.flat().flatMap(({ letter }) => (letter === null ? [] : [letter]));
  const stale = all.flat().flatMap(({ member, letter }) => (letter === null ? [member, scores.get(member) ?? ""] : []));
  return { letters, stale };
}

async function recordsOf(scripts: Scripts, trackerId: TrackerId, members: readonly string[]) {
  const ids = members.map((member) => Number(member.split(":")[1]));
  const records = asArray(await scripts.run("dead", scriptKeys(trackerId), ids));
  return members.map((member, at) => {
    const record = records[at] ?? null;
    return { member, letter: record === null ? null : unpackLetter(trackerId, ids[at] ?? 0, asBytes(record)) };
  });
}

/** The layout is described in lua/parts/outbox.lua. */
function unpackLetter(trackerId: TrackerId, id: MessageId, record: Buffer): DeadLetter {
  return { trackerId, id, at: record.readUIntBE(0, 6), reason: record.toString("utf8", 15) };
}
