/** Broadcasts on Redis: each is a hash in its account's slot (lua/parts/broadcast.lua). */
import {
  type Beginning,
  type Begun,
  BROADCAST_MS,
  BROADCAST_ROUNDS,
  BROADCASTS_KEPT,
  type Broadcast,
  type BroadcastHead,
  type BroadcastId,
  type BroadcastPage,
  type BroadcastSpeech,
  type BroadcastStore,
  LONGEST_TURN_MS,
  type NotedRound,
  type Opened,
  type Opening,
  RESOLVE_MS,
  ROUND_RESULTS,
  type Round,
  SURE_MS,
  type Turns,
} from "../chat/broadcast.ts";
import type { UserId } from "../chat/fleet.ts";
import type { TrackerId } from "../chat/message.ts";
import { IDEMPOTENCY_MS } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { BROADCAST_IDS, broadcastIdempotencyKeys, broadcastKeys, idempotencyName } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { reach } from "./redis-reach.ts";
import { asArray, asNumber } from "./redis-reply.ts";
import { type ScriptArgument, Scripts } from "./redis-scripts.ts";

const TRACKER_BYTES = 4;
/** Begun, result, message. */
const ROUND_BYTES = 11;
const NOTED = ["gone", "open", "cancelled"] as const;
/** What a list needs of a broadcast. */
const HEAD = ["t", "d", "r", "c"] as const;

export class RedisBroadcasts implements BroadcastStore {
  readonly #connection: RedisConnection;
  readonly #scripts: Scripts;

  /** `connection`: of role `requests`; whoever opened it closes it. */
  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#scripts = new Scripts(connection);
  }

  open(userId: UserId, opening: Opening): Promise<Opened> {
    return reach(this.#open(userId, opening));
  }

  async read(userId: UserId, id: BroadcastId): Promise<Broadcast | null> {
    const fields = await reach(this.#connection.hgetallBuffer(objectKey(userId, id)));
    return fields["t"] === undefined ? null : unpack(id, fields);
  }

  list(userId: UserId, page: BroadcastPage): Promise<readonly BroadcastHead[]> {
    return reach(this.#list(userId, page));
  }

  async begin(userId: UserId, id: BroadcastId, { rounds, turns, reopens }: Beginning): Promise<Begun> {
    const limits = [...packTurns(turns), reopens ? 1 : 0, BROADCAST_ROUNDS, RESOLVE_MS];
    const keys = [objectKey(userId, id), broadcastKeys(userId).pace];
    const named = rounds.flatMap(({ place, round }) => [place, round]);
    const [ahead, ...begun] = asArray(await reach(this.#scripts.run("begin-broadcast", keys, [...limits, ...named])));
    return { aheadMs: asNumber(ahead), rounds: rounds.filter((_, at) => begun[at] === 1) };
  }

  async note(userId: UserId, id: BroadcastId, noted: readonly NotedRound[]): Promise<"open" | "cancelled" | "gone"> {
    const flat = noted.flatMap(({ place, round, result, messageId }) => [place, round, ROUND_RESULTS.indexOf(result), messageId ?? 0]);
    const args = [SURE_MS, RESOLVE_MS, ...flat];
    return NOTED[asNumber(await reach(this.#scripts.run("note-broadcast", [objectKey(userId, id)], args)))] ?? "gone";
  }

  async cancel(userId: UserId, id: BroadcastId): Promise<Broadcast | null> {
    const found = await reach(this.#scripts.run("cancel-broadcast", [objectKey(userId, id)], []));
    return found === 1 ? await this.read(userId, id) : null;
  }

  async #open(userId: UserId, { speech, trackerIds, idempotencyKey, turns }: Opening): Promise<Opened> {
    const { all, pace, prefix } = broadcastKeys(userId);
    const next = await this.#connection.incr(BROADCAST_IDS);
    if (next > LAST_ID) throw new IdsUsedUp();
    // Without a key of the client a name that nothing has.
    const name = idempotencyName(idempotencyKey ?? "");
    const fixed = [next, JSON.stringify(speech), packTrackers(trackerIds), BROADCAST_MS, BROADCASTS_KEPT];
    const args: ScriptArgument[] = [...fixed, idempotencyKey === null ? 0 : IDEMPOTENCY_MS, ...packTurns(turns), name];
    const reply = await this.#scripts.run(
      "open-broadcast",
      [`${prefix}${next}`, all, pace, prefix, ...broadcastIdempotencyKeys(userId, name)],
      args,
    );
    const [fresh, id, submittedAt, ahead] = asArray(reply);
    if (fresh !== 1) return { type: "known", id: asNumber(id) };
    return { type: "fresh", id: asNumber(id), submittedAt: asNumber(submittedAt), aheadMs: asNumber(ahead) };
  }

  async #list(userId: UserId, { before, limit }: BroadcastPage): Promise<readonly BroadcastHead[]> {
    const last = before === null ? "+inf" : `(${before}`;
    const ids = await this.#connection.zrange(broadcastKeys(userId).all, last, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit);
    const heads = await Promise.all(ids.map((id) => this.#connection.hmgetBuffer(objectKey(userId, Number(id)), ...HEAD)));
    return heads.flatMap((values, at) => {
      const [t, d, r, c] = values;
      return t && d && r ? [unpackHead(Number(ids[at]), { t, d, r, ...(c ? { c } : {}) })] : [];
    });
  }
}

function objectKey(userId: UserId, id: BroadcastId): string {
  return `${broadcastKeys(userId).prefix}${id}`;
}

type HashFields = Readonly<Record<string, Buffer | undefined>>;

/** As the scripts take them. */
function packTurns({ texts, pace: { count, perMs } }: Turns): readonly number[] {
  return [texts, count, perMs, LONGEST_TURN_MS];
}

function packTrackers(trackerIds: readonly TrackerId[]): Buffer {
  const packed = Buffer.alloc(trackerIds.length * TRACKER_BYTES);
  trackerIds.forEach((trackerId, place) => {
    packed.writeInt32BE(trackerId, place * TRACKER_BYTES);
  });
  return packed;
}

function unpackHead(id: BroadcastId, { t, d, r = Buffer.alloc(0), c }: HashFields): BroadcastHead {
  const trackerIds = Array.from({ length: r.length / TRACKER_BYTES }, (_, place) => r.readInt32BE(place * TRACKER_BYTES));
  return {
    id,
    submittedAt: Number(t),
    speech: JSON.parse(String(d)) as BroadcastSpeech,
    trackerIds,
    cancelledAt: c === undefined ? null : Number(c),
  };
}

function unpack(id: BroadcastId, fields: HashFields): Broadcast {
  const head = unpackHead(id, fields);
  const rounds = Array.from({ length: BROADCAST_ROUNDS }, (_, at) => fields[String(at + 1)]).flatMap((packed) => packed ?? []);
  const recipients = head.trackerIds.map((trackerId, place) => ({
    trackerId,
    rounds: rounds.flatMap((packed) => unpackRound(packed, place)),
  }));
  return { ...head, recipients };
}

function unpackRound(packed: Buffer, place: number): readonly Round[] {
  const at = place * ROUND_BYTES;
  const [begunAt, result, messageId] = [packed.readUIntBE(at, 6), packed.readUInt8(at + 6), packed.readUInt32BE(at + 7)];
  return begunAt === 0 ? [] : [{ begunAt, result: ROUND_RESULTS[result] ?? "unknown", messageId: messageId === 0 ? null : messageId }];
}
