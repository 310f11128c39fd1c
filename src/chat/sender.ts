/** Texts on their way out: to one tracker, or to each of many as an ordinary message of its own. */
import type { Preview } from "../core/protocol.ts";
import { takesText } from "./access.ts";
import type { ChatText } from "./chat-text.ts";
import type { Directory, Tracker } from "./fleet.ts";
import type { MessageId, TrackerId } from "./message.ts";
import { type Draft, type MessageStore, type News, type Outbox, type Owner, StoreUnavailable } from "./ports.ts";

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

/** Writes of one broadcast that run at once; as many failures in a row end it, so that a dead store costs one time-out. */
export const BROADCAST_AT_ONCE = 50;
export const UNSENDABLE = "no character of this text can be sent to this device";

/** `textless`: the device cannot take texts. `unknown`: whether it was stored. */
export type RecipientOutcome = SendOutcome | { readonly type: "textless" | "unknown" };

/** One tracker of several, and how the text is meant for it. */
export interface SendTurn {
  readonly tracker: Tracker;
  readonly wished: Partial<Draft>;
}

/** Previews of one text by protocol and profile: alike for most of a fleet. */
type Previews = Map<string, Preview | null>;
/** What is said to one or many, and how. */
interface Speech {
  readonly text: ChatText;
  readonly wished: Partial<Draft>;
  /** Null: it is for one. */
  readonly previews: Previews | null;
}

export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Stores the text and hints its line's owner. Throws StoreUnavailable when the outcome is unknown. */
  send(tracker: Tracker, text: ChatText, wished: Partial<Draft>): Promise<SendOutcome> {
    return this.#send(tracker, { text, wished, previews: null });
  }

  /** The text to each of these trackers; never throws for a store that cannot be reached. */
  async sendEach(turns: readonly SendTurn[], text: ChatText): Promise<ReadonlyMap<TrackerId, RecipientOutcome>> {
    const outcomes = new Map<TrackerId, RecipientOutcome>();
    const previews: Previews = new Map();
    const queue = turns.values();
    let failures = 0;
    const worker = async (): Promise<void> => {
      for (const { tracker, wished } of queue) {
        const outcome = failures < BROADCAST_AT_ONCE ? await this.#attempt(tracker, { text, wished, previews }) : UNKNOWN;
        if (outcome.type === "unknown") failures += 1;
        else if (outcome.type !== "textless") failures = 0;
        outcomes.set(tracker.id, outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(BROADCAST_AT_ONCE, turns.length) }, worker));
    return outcomes;
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
    const { store, outbox } = this.#options;
    const goesOut = draft.rejected === null && (draft.notBeforeMs ?? 0) === 0;
    const submitted = await store.submit(draft, () => (goesOut ? outbox.expect?.(tracker.id) : undefined));
    if (submitted.type === "full") return submitted;
    const { id, replaced, owner } = submitted;
    if (draft.rejected !== null) return { type: "unsendable", id, replaced };
    if (owner !== null) void this.#hint(tracker.id, owner, replaced ? "withdrawal" : id);
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
    const key = previews === null ? "" : `${protocol} ${JSON.stringify(profile)}`;
    const known = previews?.get(key);
    if (known !== undefined) return known;
    const preview = this.#options.directory.protocol(protocol)?.preview([text, ...(wished.choices ?? [])].join("\n"), profile) ?? null;
    previews?.set(key, preview);
    return preview;
  }

  /** Never fails and is never waited for: the text is stored, and hints may be lost. */
  async #hint(trackerId: TrackerId, owner: Owner, news: News): Promise<void> {
    try {
      await this.#options.outbox.hint(trackerId, owner, news);
    } catch (error) {
      this.#options.onHintFailed(error, trackerId);
    }
  }
}

const UNKNOWN: RecipientOutcome = { type: "unknown" };
