/** The seven calls of the chat, for callers whose account is known and whose input has its types. All refusals are `ChatError`s. */
import { accountTrackers, listedTrackers, ownTracker, tariffAllows, usableTracker } from "./access.ts";
import type { BroadcastResult, Broadcasts } from "./broadcasts.ts";
import { ChatError } from "./chat-error.ts";
import type { ChatText } from "./chat-text.ts";
import type { Directory, User } from "./fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "./message.ts";
import type { Clock, MessageStore } from "./ports.ts";
import type { Sender } from "./sender.ts";
import { unlessDown } from "./unless-down.ts";
import { scopedKey, type Wishes, wishedDraft } from "./wishes.ts";

type Used = "claimKey" | "list" | "find" | "markRead" | "markAllRead" | "lastTimes" | "unreadCounts";

export interface CallsOptions {
  readonly store: Pick<MessageStore, Used>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly sender: Sender;
  readonly broadcasts: Broadcasts;
}

/** `replaced`: the message that it replaces was still pending and is cancelled. */
export interface Sent {
  readonly id: MessageId;
  readonly replaced: boolean;
}

export interface ListInput {
  readonly trackerId: TrackerId;
  /** Inclusive; null: seven days ago. */
  readonly from: Instant | null;
  /** Inclusive; null: no bound. */
  readonly to: Instant | null;
  /** 1 to `LIST_LIMIT`. */
  readonly limit: number;
  readonly ascending: boolean;
}

/** Messages in one answer of `list`, and the default. */
export const LIST_LIMIT = 1_024;
/** How far back `list` reaches when it is not told. */
const LIST_REACH_MS = 7 * 24 * 60 * 60 * 1_000;
/** Messages looked up in one call of the store. */
const FIND_AT_ONCE = 1_024;

export class Calls {
  readonly #store: CallsOptions["store"];
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #sender: Sender;
  readonly #broadcasts: Broadcasts;

  constructor(options: CallsOptions) {
    this.#store = options.store;
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#sender = options.sender;
    this.#broadcasts = options.broadcasts;
  }

  /** Throws 7, 201, 208, 214, 236, 14. */
  async list(user: User, input: ListInput): Promise<readonly Message[]> {
    const from = input.from ?? this.#clock.now() - LIST_REACH_MS;
    if (input.to !== null && from > input.to) throw new ChatError(7, [{ parameter: "from", error: "must not be after 'to'" }]);
    const { id } = usableTracker(this.#directory, user, input.trackerId, "read");
    return await unlessDown(14, this.#store.list({ ...input, trackerId: id, from }));
  }

  /** Null: every tracker of the account. Throws 201, 14. */
  async markAllRead(user: User, trackerIds: readonly TrackerId[] | null): Promise<void> {
    const ids = accountTrackers(this.#directory, user, trackerIds);
    if (ids.length > 0) await unlessDown(14, this.#store.markAllRead(ids));
  }

  /** All or nothing. Throws 201 when any of them is unknown, foreign or not INCOMING, and 14. */
  async markRead(user: User, messageIds: readonly MessageId[]): Promise<void> {
    const byTracker = new Map<TrackerId, MessageId[]>();
    for await (const message of this.#find([...new Set(messageIds)])) {
      if (message?.direction !== "INCOMING" || ownTracker(this.#directory, user, message.trackerId) === undefined) throw new ChatError(201);
      const ids = byTracker.get(message.trackerId);
      if (ids === undefined) byTracker.set(message.trackerId, [message.id]);
      else ids.push(message.id);
    }
    for (const [trackerId, ids] of byTracker) await unlessDown(14, this.#store.markRead(trackerId, ids));
  }

  /** The new message's id. Throws 201, 208, 214, 236, 8. */
  async send(user: User, trackerId: TrackerId, text: ChatText): Promise<MessageId> {
    return (await this.sendAsWished(user, trackerId, text, {})).id;
  }

  /** As `send`; also throws 7 for the start and for a key that stands for another body, 201 for what it shall replace. */
  async sendAsWished(user: User, trackerId: TrackerId, text: ChatText, wishes: Wishes): Promise<Sent> {
    const wished = wishedDraft(wishes, this.#clock.now());
    const tracker = usableTracker(this.#directory, user, trackerId, "send");
    if (wished.replaces) await this.#mayReplace(trackerId, wished.replaces);
    const key = await this.#claimKey(user, wishes);
    const outcome = await unlessDown(8, this.#sender.send(tracker, text, { ...wished, ...key }));
    if (outcome.type === "full") throw new ChatError(8);
    return { id: outcome.id, replaced: outcome.replaced };
  }

  /** Throws 221, 217, and 8 when not one outcome is known; with wishes also 7 as `sendAsWished` does. */
  async broadcast(user: User, trackerIds: readonly TrackerId[], text: ChatText, wishes: Wishes = {}): Promise<BroadcastResult> {
    wishedDraft(wishes, this.#clock.now());
    const trackers = listedTrackers(this.#directory, user, trackerIds, "send");
    const { idempotencyKey = null } = await this.#claimKey(user, wishes);
    const { choices = null, urgent, ttlMs = null, notBefore = null } = wishes;
    return await this.#broadcasts.send(user, trackers, { text, choices, urgent: urgent === true, ttlMs, notBefore }, idempotencyKey);
  }

  /** Submit time of the last message by tracker; those without messages are absent. Throws 221, 217, 14. */
  async lastTimes(user: User, trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>> {
    const trackers = listedTrackers(this.#directory, user, trackerIds, "read");
    return await unlessDown(14, this.#store.lastTimes(trackers.map(({ id }) => id)));
  }

  /** Unread INCOMING by tracker over the whole account, blocked trackers too; those with none are absent. Throws 236, 14. */
  async unreadCounts(user: User): Promise<ReadonlyMap<TrackerId, number>> {
    const trackers = this.#directory.trackersOf(user.id);
    if (!trackers.some((tracker) => tariffAllows(this.#directory, tracker, "read"))) throw new ChatError(236);
    return await unlessDown(14, this.#store.unreadCounts(trackers.map(({ id }) => id)));
  }

  async #mayReplace(trackerId: TrackerId, id: MessageId): Promise<void> {
    const [message] = await unlessDown(8, this.#store.find([id]));
    if (message?.trackerId !== trackerId || message.direction !== "OUTGOING") throw new ChatError(201);
  }

  async #claimKey(user: User, { idempotency }: Wishes): Promise<{ readonly idempotencyKey?: string }> {
    if (!idempotency) return {};
    const claim = await unlessDown(8, this.#store.claimKey(user.id, idempotency.key, idempotency.bodyDigest));
    if (claim === "other") throw new ChatError(7, [{ parameter: "idempotency_key", error: "was used for another call" }]);
    return { idempotencyKey: scopedKey(user, idempotency) };
  }

  /** Some at a time: who stops at the first that is wrong does not ask for the others. */
  async *#find(ids: readonly MessageId[]): AsyncGenerator<Message | null> {
    for (let start = 0; start < ids.length; start += FIND_AT_ONCE) {
      yield* await unlessDown(14, this.#store.find(ids.slice(start, start + FIND_AT_ONCE)));
    }
  }
}
