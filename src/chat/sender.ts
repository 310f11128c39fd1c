/** Texts on their way out: to one tracker, or to each of many as an ordinary message of its own. */
import type { Preview } from "../core/protocol.ts";
import { takesText } from "./access.ts";
import type { ChatText } from "./chat-text.ts";
import type { Directory, Tracker } from "./fleet.ts";
import type { MessageId, TrackerId } from "./message.ts";
import { type Draft, type MessageStore, type Outbox, type Owner, StoreUnavailable } from "./ports.ts";

export interface SenderOptions {
  readonly store: Pick<MessageStore, "submit">;
  readonly directory: Directory;
  readonly outbox: Outbox;
  /** Time to live of an undelivered text, in milliseconds. */
  readonly ttlMs: number;
  /** A hint was lost: for log and counter only, the sweeper makes up for it. */
  readonly onHintFailed: (error: unknown, trackerId: TrackerId) => void;
}

/** `unsendable`: stored, and rejected at once. */
export type SendOutcome =
  | { readonly type: "stored" | "unsendable"; readonly id: MessageId; readonly replaced: boolean }
  | { readonly type: "full" };

/** Who got the text into their outbox. `undetermined`: of those tried, not one has a known outcome. */
export interface BroadcastResult {
  readonly sentTo: readonly TrackerId[];
  /** The message that each of them got. */
  readonly ids: ReadonlyMap<TrackerId, MessageId>;
  readonly notSentTo: readonly TrackerId[];
  readonly undetermined: boolean;
}

/** Writes of one broadcast that run at once; as many failures in a row end it, so that a dead store costs one time-out. */
export const BROADCAST_AT_ONCE = 50;
export const UNSENDABLE = "no character of this text can be sent to this device";

type RecipientOutcome = SendOutcome | { readonly type: "textless" | "unknown" };
/** Previews of one text by protocol and profile: alike for most of a fleet. */
type Previews = Map<string, Preview | null>;
/** What is said to one or many, and how. */
interface Speech {
  readonly text: ChatText;
  readonly wished: Partial<Draft>;
  readonly previews: Previews;
}

export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Stores the text and hints its line's owner. Throws StoreUnavailable when the outcome is unknown. */
  send(tracker: Tracker, text: ChatText, wished: Partial<Draft>): Promise<SendOutcome> {
    return this.#send(tracker, { text, wished, previews: new Map() });
  }

  /** One message for each tracker; never throws for a store that cannot be reached. */
  async broadcast(trackers: readonly Tracker[], text: ChatText, wished: Partial<Draft>): Promise<BroadcastResult> {
    const outcomes = new Map<TrackerId, RecipientOutcome>();
    const speech: Speech = { text, wished, previews: new Map() };
    const queue = trackers.values();
    let failures = 0;
    const worker = async (): Promise<void> => {
      for (const tracker of queue) {
        const outcome = failures < BROADCAST_AT_ONCE ? await this.#attempt(tracker, speech) : UNKNOWN;
        if (outcome.type === "unknown") failures += 1;
        else if (outcome.type !== "textless") failures = 0;
        outcomes.set(tracker.id, outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(BROADCAST_AT_ONCE, trackers.length) }, worker));
    return result(trackers, outcomes);
  }

  async #attempt(tracker: Tracker, speech: Speech): Promise<RecipientOutcome> {
    if (!takesText(this.#options.directory, tracker)) return { type: "textless" };
    try {
      return await this.#send(tracker, speech);
    } catch (error) {
      if (error instanceof StoreUnavailable) return UNKNOWN;
      throw error;
    }
  }

  async #send(tracker: Tracker, speech: Speech): Promise<SendOutcome> {
    const draft = this.#draft(tracker, speech);
    const submitted = await this.#options.store.submit(draft);
    if (submitted.type === "full") return submitted;
    const { id, replaced, owner } = submitted;
    if (draft.rejected !== null) return { type: "unsendable", id, replaced };
    if (owner !== null) void this.#hint(tracker.id, owner);
    return { type: "stored", id, replaced };
  }

  #draft(tracker: Tracker, speech: Speech): Draft {
    const { text, wished } = speech;
    const preview = this.#preview(tracker, speech);
    return {
      trackerId: tracker.id,
      text,
      employeeId: this.#options.directory.employeeOf(tracker.id),
      urgent: false,
      altered: preview !== null && preview.lost.length > 0,
      ttlMs: this.#options.ttlMs,
      rejected: preview?.empty === true ? (preview.refusal ?? UNSENDABLE) : null,
      ...wished,
    };
  }

  #preview({ protocol, profile }: Tracker, { text, wished, previews }: Speech): Preview | null {
    if (protocol === null) return null;
    const key = `${protocol} ${JSON.stringify(profile)}`;
    const known = previews.get(key);
    if (known !== undefined) return known;
    const preview = this.#options.directory.protocol(protocol)?.preview([text, ...(wished.choices ?? [])].join("\n"), profile) ?? null;
    previews.set(key, preview);
    return preview;
  }

  /** Never fails and is never waited for: the text is stored, and hints may be lost. */
  async #hint(trackerId: TrackerId, owner: Owner): Promise<void> {
    try {
      await this.#options.outbox.hint(trackerId, owner);
    } catch (error) {
      this.#options.onHintFailed(error, trackerId);
    }
  }
}

const UNKNOWN: RecipientOutcome = { type: "unknown" };

function result(trackers: readonly Tracker[], outcomes: ReadonlyMap<TrackerId, RecipientOutcome>): BroadcastResult {
  const ids = new Map<TrackerId, MessageId>();
  const notSentTo: TrackerId[] = [];
  for (const { id } of trackers) {
    const outcome = outcomes.get(id);
    if (outcome?.type === "stored") ids.set(id, outcome.id);
    else notSentTo.push(id);
  }
  const tried = [...outcomes.values()].filter(({ type }) => type !== "textless");
  return { sentTo: [...ids.keys()], ids, notSentTo, undetermined: tried.length > 0 && tried.every(({ type }) => type === "unknown") };
}
