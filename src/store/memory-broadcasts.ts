/** The reference store of broadcasts: what Redis does with them, readable. */
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
  type BroadcastStore,
  LONGEST_TURN_MS,
  type NotedRound,
  type Opened,
  type Opening,
  RESOLVE_MS,
  type Round,
  type RoundName,
  SURE_MS,
  type Turns,
} from "../chat/broadcast.ts";
import type { UserId } from "../chat/fleet.ts";
import type { Instant } from "../chat/message.ts";
import { IDEMPOTENCY_MS } from "../chat/ports.ts";

interface Kept extends BroadcastHead {
  readonly rounds: Round[][];
  cancelledAt: Instant | null;
}

interface Account {
  /** In the order of ids. */
  readonly broadcasts: Map<BroadcastId, Kept>;
  readonly keys: Map<string, { readonly id: BroadcastId; readonly until: Instant }>;
  /** Until when its pace is busy, and when that was said. */
  busy: { readonly until: Instant; readonly since: Instant };
}

export class MemoryBroadcasts implements BroadcastStore {
  readonly #clock: () => Instant;
  readonly #accounts = new Map<UserId, Account>();
  #lastId: BroadcastId = 0;

  /** `clock` gives the store's time. */
  constructor(clock: () => Instant) {
    this.#clock = clock;
  }

  open(userId: UserId, { speech, trackerIds, idempotencyKey, turns }: Opening): Promise<Opened> {
    const [account, now] = [this.#account(userId), this.#clock()];
    const known = idempotencyKey === null ? undefined : account.keys.get(idempotencyKey);
    if (known !== undefined && known.until > now && account.broadcasts.has(known.id))
      return Promise.resolve({ type: "known", id: known.id });
    this.#lastId += 1;
    const id = this.#lastId;
    const aheadMs = this.#take(account, turns);
    const rounds = trackerIds.map(() => [begun(now)]);
    account.broadcasts.set(id, { id, submittedAt: now, speech, trackerIds, rounds, cancelledAt: null });
    for (const oldest of account.broadcasts.keys()) {
      if (account.broadcasts.size <= BROADCASTS_KEPT) break;
      account.broadcasts.delete(oldest);
    }
    if (idempotencyKey !== null) account.keys.set(idempotencyKey, { id, until: now + IDEMPOTENCY_MS });
    return Promise.resolve({ type: "fresh", id, submittedAt: now, aheadMs });
  }

  read(userId: UserId, id: BroadcastId): Promise<Broadcast | null> {
    const kept = this.#find(userId, id);
    if (kept === undefined) return Promise.resolve(null);
    const recipients = kept.trackerIds.map((trackerId, place) => ({ trackerId, rounds: [...(kept.rounds[place] ?? [])] }));
    return Promise.resolve({ ...headOf(kept), recipients });
  }

  list(userId: UserId, { before, limit }: BroadcastPage): Promise<readonly BroadcastHead[]> {
    const newest = [...this.#account(userId).broadcasts.keys()].reverse().filter((id) => before === null || id < before);
    const kept = newest.slice(0, limit).flatMap((id) => this.#find(userId, id) ?? []);
    return Promise.resolve(kept.map(headOf));
  }

  begin(userId: UserId, id: BroadcastId, { rounds, turns, reopens }: Beginning): Promise<Begun> {
    const kept = this.#find(userId, id);
    if (kept === undefined || (kept.cancelledAt !== null && !reopens)) return Promise.resolve({ rounds: [], aheadMs: 0 });
    kept.cancelledAt = null;
    const aheadMs = this.#take(this.#account(userId), turns);
    return Promise.resolve({ aheadMs, rounds: rounds.filter((name) => begins(kept, name, this.#clock())) });
  }

  note(userId: UserId, id: BroadcastId, noted: readonly NotedRound[]): Promise<"open" | "cancelled" | "gone"> {
    const kept = this.#find(userId, id);
    if (kept === undefined) return Promise.resolve("gone");
    for (const { place, round, result, messageId } of noted) {
      const rounds = kept.rounds[place];
      const known = rounds?.[round - 1];
      const age = this.#clock() - (known?.begunAt ?? 0);
      const isCertain = result !== "unstored" || (age >= SURE_MS && age < RESOLVE_MS);
      if (rounds !== undefined && known?.messageId === null && isCertain) rounds[round - 1] = { ...known, result, messageId };
    }
    return Promise.resolve(kept.cancelledAt === null ? "open" : "cancelled");
  }

  async cancel(userId: UserId, id: BroadcastId): Promise<Broadcast | null> {
    const kept = this.#find(userId, id);
    if (kept !== undefined) kept.cancelledAt ??= this.#clock();
    return await this.read(userId, id);
  }

  #account(userId: UserId): Account {
    const known = this.#accounts.get(userId) ?? { broadcasts: new Map(), keys: new Map(), busy: { until: 0, since: 0 } };
    this.#accounts.set(userId, known);
    return known;
  }

  #find(userId: UserId, id: BroadcastId): Kept | undefined {
    const kept = this.#accounts.get(userId)?.broadcasts.get(id);
    return kept !== undefined && this.#clock() - kept.submittedAt < BROADCAST_MS ? kept : undefined;
  }

  #take(account: Account, { pace, texts }: Turns): number {
    const now = this.#clock();
    const { until, since } = account.busy;
    // A clock that went back makes nobody wait.
    const aheadMs = since > now ? 0 : Math.min(Math.max(0, until - now), LONGEST_TURN_MS);
    if (texts > 0) account.busy = { until: now + Math.ceil(aheadMs + (texts * pace.perMs) / pace.count), since: now };
    return aheadMs;
  }
}

function headOf({ id, submittedAt, speech, trackerIds, cancelledAt }: Kept): BroadcastHead {
  return { id, submittedAt, speech, trackerIds, cancelledAt };
}

function begun(now: Instant): Round {
  return { begunAt: now, result: "unknown", messageId: null };
}

function begins(kept: Kept, { place, round }: RoundName, now: Instant): boolean {
  const rounds = kept.rounds[place];
  const known = rounds?.[round - 1];
  if (rounds === undefined) return false;
  if (known === undefined) {
    const last = rounds[round - 2];
    if (round > BROADCAST_ROUNDS || last === undefined || last.messageId === null) return false;
  } else if (known.messageId !== null) return false;
  else if (known.result === "unknown") return now - known.begunAt < RESOLVE_MS;
  rounds[round - 1] = begun(now);
  return true;
}
