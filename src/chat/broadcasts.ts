/** Broadcasts as things of their own: sent, looked at, sent once more to whom they did not reach, withdrawn. All refusals are `ChatError`s. */
import { isChatTracker, ownTracker, tariffAllows } from "./access.ts";
import type {
  Broadcast,
  BroadcastHead,
  BroadcastId,
  BroadcastPage,
  BroadcastSpeech,
  BroadcastStore,
  NotedRound,
  Pace,
  Recipient,
  RoundName,
  Turns,
} from "./broadcast.ts";
import { roundKey, turnMs } from "./broadcast.ts";
import { type Standing, standingOf } from "./broadcast-standing.ts";
import { ChatError } from "./chat-error.ts";
import type { Directory, Tracker, User } from "./fleet.ts";
import type { Message, MessageId, TrackerId } from "./message.ts";
import type { Meter } from "./meter.ts";
import { type Clock, type Draft, type MessageStore, StoreUnavailable } from "./ports.ts";
import { BROADCAST_AT_ONCE, type RecipientOutcome, type Sender, type SendTurn } from "./sender.ts";
import { unlessDown } from "./unless-down.ts";
import { wishedDraft } from "./wishes.ts";
import { type Withdrawing, withdraw } from "./withdrawal.ts";

export interface BroadcastsOptions extends Withdrawing {
  readonly store: Pick<MessageStore, "find" | "findByKey" | "cancel">;
  readonly broadcasts: BroadcastStore;
  readonly sender: Sender;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly meter: Meter;
}

/** Who got the text into their outbox. */
export interface BroadcastResult {
  readonly id: BroadcastId;
  readonly sentTo: readonly TrackerId[];
  /** The message that each of them got. */
  readonly ids: ReadonlyMap<TrackerId, MessageId>;
  readonly notSentTo: readonly TrackerId[];
}

export interface BroadcastState {
  readonly broadcast: BroadcastHead;
  readonly standings: readonly Standing[];
}

/** A recipient's round that is given now. */
interface Giving extends RoundName {
  readonly tracker: Tracker;
}

export class Broadcasts {
  readonly #options: BroadcastsOptions;

  constructor(options: BroadcastsOptions) {
    this.#options = options;
  }

  /** `key`: of the client, scoped; under one that is known the same broadcast goes on where it failed. Throws 8. */
  async send(user: User, trackers: readonly Tracker[], speech: BroadcastSpeech, key: string | null): Promise<BroadcastResult> {
    const trackerIds = trackers.map(({ id }) => id);
    const opening = { speech, trackerIds, idempotencyKey: key, turns: this.#turns(speech, trackers.length) };
    const opened = await unlessDown(8, this.#options.broadcasts.open(user.id, opening));
    if (opened.type === "known") return await this.#goOn(user, trackers, opened.id);
    const givings = trackers.map((tracker, place) => ({ tracker, place, round: 1 }));
    const given = await this.#give(user, { id: opened.id, speech }, givings, opened.aheadMs);
    return { id: opened.id, ...resultOf(trackerIds, given) };
  }

  /** Newest first. Throws 14. */
  list(user: User, page: BroadcastPage): Promise<readonly BroadcastHead[]> {
    return unlessDown(14, this.#options.broadcasts.list(user.id, page));
  }

  /** Throws 201, 14. */
  async read(user: User, id: BroadcastId): Promise<BroadcastState> {
    const read = unlessDown(14, this.#options.broadcasts.read(user.id, id));
    return await unlessDown(14, this.#state(user, await read));
  }

  /**
   * Gives the text once more, as a new message, to those whose message ended without arriving, and to those who have none; never to one whose
   * message still may arrive, or whose outcome cannot be known. `again`: also to those whose message was withdrawn. Throws 201, 8.
   */
  async retry(user: User, id: BroadcastId, again: boolean): Promise<BroadcastResult> {
    const { broadcasts } = this.#options;
    const known = await unlessDown(8, broadcasts.read(user.id, id));
    const { broadcast, standings } = await unlessDown(8, this.#state(user, known));
    const wanted = standings.filter(({ type }) => RETRIED.has(type) || (again && type === "cancelled"));
    const places = new Map(broadcast.trackerIds.map((trackerId, place) => [trackerId, place]));
    const named = wanted.flatMap((standing) => this.#nextRound(user, standing, places.get(standing.trackerId) ?? 0));
    if (named.length === 0)
      return {
        id,
        ...resultOf(
          wanted.map(({ trackerId }) => trackerId),
          new Map(),
        ),
      };
    const beginning = { rounds: named, turns: this.#turns(broadcast.speech, named.length), reopens: true };
    const begun = await unlessDown(8, broadcasts.begin(user.id, id, beginning));
    const givings = this.#givings(broadcast, begun.rounds);
    const given = await this.#give(user, broadcast, givings, begun.aheadMs);
    this.#options.meter.count("broadcast-texts", "retried", givings.length);
    const trackerIds = wanted.map(({ trackerId }) => trackerId);
    return { id, ...resultOf(trackerIds, given) };
  }

  /** Withdraws what is pending; `withdrawn`: whose text this call withdrew. Throws 201, 14. */
  async cancel(user: User, id: BroadcastId): Promise<BroadcastState & { readonly withdrawn: readonly TrackerId[] }> {
    const cancelled = await unlessDown(14, this.#options.broadcasts.cancel(user.id, id));
    const { broadcast, standings } = await unlessDown(14, this.#state(user, cancelled));
    const pending = standings.filter(({ type }) => type === "pending");
    const withdrawn = await unlessDown(14, this.#withdraw(pending.map(({ trackerId, messageId }) => [trackerId, messageId ?? 0])));
    return { broadcast, standings: await unlessDown(14, this.#standings(user, broadcast)), withdrawn };
  }

  /** The same call once more: whoever has its message keeps it, the others are tried again. */
  async #goOn(user: User, trackers: readonly Tracker[], id: BroadcastId): Promise<BroadcastResult> {
    const { broadcasts } = this.#options;
    const broadcast = await unlessDown(8, broadcasts.read(user.id, id));
    if (broadcast === null) throw new ChatError(8);
    const { speech } = broadcast;
    const known = new Map(broadcast.recipients.flatMap(({ trackerId, rounds }) => entryOf(trackerId, rounds)));
    const open = broadcast.recipients.flatMap(({ trackerId, rounds }, place) =>
      known.has(trackerId) ? [] : [{ place, round: rounds.length }],
    );
    const begun = await unlessDown(8, broadcasts.begin(user.id, id, { rounds: open, turns: this.#turns(speech, 0), reopens: false }));
    const given = await this.#give(user, broadcast, this.#givings(broadcast, begun.rounds), 0);
    const trackerIds = trackers.map((tracker) => tracker.id);
    return { id, ...resultOf(trackerIds, new Map([...known, ...given])) };
  }

  /** Gives rounds that have begun, and notes what became of them. Throws 8 when not one outcome is known. */
  async #give(
    user: User,
    { id, speech }: Pick<Broadcast, "id" | "speech">,
    givings: readonly Giving[],
    aheadMs: number,
  ): Promise<ReadonlyMap<TrackerId, RecipientOutcome>> {
    const turns = givings.map(
      ({ tracker, round }, at): SendTurn => ({ tracker, wished: this.#wished(speech, { id, round, at, aheadMs }) }),
    );
    const outcomes = await this.#options.sender.sendEach(turns, speech.text);
    const noted = givings.flatMap((giving) => notedOf(giving, outcomes.get(giving.tracker.id)));
    this.#count(noted);
    try {
      const state = noted.length === 0 ? "open" : await this.#options.broadcasts.note(user.id, id, noted);
      // Withdrawn while it went out.
      if (state === "cancelled") await this.#withdraw(givings.flatMap(({ tracker }) => storedFor(tracker.id, outcomes)));
    } catch (error) {
      // The texts are stored all the same, and found again by their keys.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    const tried = [...outcomes.values()].filter(({ type }) => type !== "textless");
    if (tried.length > 0 && tried.every(({ type }) => type === "unknown")) throw new ChatError(8);
    return outcomes;
  }

  #wished(
    speech: BroadcastSpeech,
    { id, round, at, aheadMs }: { readonly id: BroadcastId; readonly round: number; readonly at: number; readonly aheadMs: number },
  ): Partial<Draft> {
    const wished = wishedDraft(speech, this.#options.clock.now());
    const waits = wished.notBeforeMs ?? 0;
    // Texts for later are spread when their time comes, whatever else goes out then.
    const turn = speech.urgent ? 0 : turnMs(this.#options.pace, waits > 0 ? 0 : aheadMs, at);
    const notBeforeMs = waits + turn;
    return { ...wished, ...(notBeforeMs > 0 ? { notBeforeMs } : {}), idempotencyKey: roundKey(id, round) };
  }

  /** What is urgent waits for nobody; what is for later has its turns then. */
  #turns({ urgent, notBefore }: BroadcastSpeech, texts: number): Turns {
    const isPaced = !urgent && (notBefore ?? 0) <= this.#options.clock.now();
    return { pace: this.#options.pace, texts: isPaced ? texts : 0 };
  }

  #count(noted: readonly NotedRound[]): void {
    for (const { result } of noted) this.#options.meter.count("broadcast-texts", result);
  }

  #givings({ trackerIds }: BroadcastHead, rounds: readonly RoundName[]): readonly Giving[] {
    return rounds.flatMap((name) => {
      const tracker = this.#options.directory.tracker(trackerIds[name.place] ?? 0);
      return tracker === undefined ? [] : [{ ...name, tracker }];
    });
  }

  /** None for a tracker that may not be written to now. */
  #nextRound(user: User, { trackerId, type, rounds }: Standing, place: number): readonly RoundName[] {
    const tracker = this.#options.directory.tracker(trackerId);
    if (!isChatTracker(this.#options.directory, user.id, tracker) || !tariffAllows(this.#options.directory, tracker, "send")) return [];
    return [{ place, round: type === "failed" || type === "cancelled" ? rounds + 1 : rounds }];
  }

  /** Throws 201 when there is no such broadcast. */
  async #state(user: User, known: Broadcast | null): Promise<BroadcastState & { readonly broadcast: Broadcast }> {
    if (known === null) throw new ChatError(201);
    const broadcast = await this.#resolved(user, known);
    return { broadcast, standings: await this.#standings(user, broadcast) };
  }

  /** Finds out what became of rounds whose outcome is not known. */
  async #resolved(user: User, broadcast: Broadcast): Promise<Broadcast> {
    const unknown = broadcast.recipients.flatMap((recipient, place) =>
      recipient.rounds.at(-1)?.result === "unknown" ? [{ ...recipient, place }] : [],
    );
    if (unknown.length === 0) return broadcast;
    const { store, broadcasts } = this.#options;
    const noted = await inGroups(unknown, async ({ trackerId, rounds, place }): Promise<NotedRound> => {
      const messageId = await store.findByKey(trackerId, roundKey(broadcast.id, rounds.length));
      return { place, round: rounds.length, result: messageId === null ? "unstored" : "stored", messageId };
    });
    await broadcasts.note(user.id, broadcast.id, noted);
    return (await broadcasts.read(user.id, broadcast.id)) ?? broadcast;
  }

  /** Trackers that are not the account's any more are left out. */
  async #standings(user: User, { recipients }: Broadcast): Promise<readonly Standing[]> {
    const own = recipients.filter(({ trackerId }) => ownTracker(this.#options.directory, user, trackerId) !== undefined);
    const found = await this.#find(own);
    return own.map((recipient) => standingOf(recipient, found));
  }

  async #find(recipients: readonly Recipient[]): Promise<ReadonlyMap<MessageId, Message>> {
    const ids = recipients.flatMap(({ rounds }) => rounds.flatMap(({ messageId }) => messageId ?? []));
    const found = new Map<MessageId, Message>();
    for (let at = 0; at < ids.length; at += FIND_AT_ONCE) {
      for (const message of await this.#options.store.find(ids.slice(at, at + FIND_AT_ONCE))) if (message) found.set(message.id, message);
    }
    return found;
  }

  async #withdraw(messages: readonly (readonly [TrackerId, MessageId])[]): Promise<readonly TrackerId[]> {
    const ended = await inGroups(messages, ([trackerId, id]) => withdraw(this.#options, trackerId, id));
    const withdrawn = messages.flatMap(([trackerId], at) => (ended[at] === "withdrawn" ? [trackerId] : []));
    this.#options.meter.count("broadcast-texts", "cancelled", withdrawn.length);
    return withdrawn;
  }
}

/** Messages looked up in one call of the store. */
const FIND_AT_ONCE = 1_024;
const RETRIED: ReadonlySet<Standing["type"]> = new Set(["failed", "not-sent", "unknown"]);

async function inGroups<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += BROADCAST_AT_ONCE)
    results.push(...(await Promise.all(all.slice(at, at + BROADCAST_AT_ONCE).map(work))));
  return results;
}

function notedOf({ place, round }: RoundName, outcome: RecipientOutcome | undefined): readonly NotedRound[] {
  if (outcome === undefined || outcome.type === "unknown") return [];
  return [{ place, round, result: outcome.type, messageId: "id" in outcome ? outcome.id : null }];
}

function storedFor(trackerId: TrackerId, outcomes: ReadonlyMap<TrackerId, RecipientOutcome>): readonly (readonly [TrackerId, MessageId])[] {
  const outcome = outcomes.get(trackerId);
  return outcome?.type === "stored" ? [[trackerId, outcome.id]] : [];
}

/** What the last message of a recipient says of it. */
function entryOf(trackerId: TrackerId, rounds: Recipient["rounds"]): readonly (readonly [TrackerId, RecipientOutcome])[] {
  const last = rounds.findLast(({ messageId }) => messageId !== null);
  if (last === undefined || last.messageId === null) return [];
  return [[trackerId, { type: last.result === "stored" ? "stored" : "unsendable", id: last.messageId, replaced: false }]];
}

function resultOf(
  trackerIds: readonly TrackerId[],
  outcomes: ReadonlyMap<TrackerId, RecipientOutcome>,
): Pick<BroadcastResult, "sentTo" | "ids" | "notSentTo"> {
  const ids = new Map<TrackerId, MessageId>();
  const notSentTo: TrackerId[] = [];
  for (const trackerId of trackerIds) {
    const outcome = outcomes.get(trackerId);
    if (outcome?.type === "stored") ids.set(trackerId, outcome.id);
    else notSentTo.push(trackerId);
  }
  return { sentTo: [...ids.keys()], ids, notSentTo };
}
