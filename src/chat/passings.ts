/**
 * Texts without a serial that their devices have moved on from: a frame followed our acknowledgement, so the same words are a new text from then on.
 * The store is told with the text that follows at once, where one does: that saves such a text a call of its own.
 */
import type { DeviceText } from "../core/session-io.ts";
import type { LineOwner } from "./lines.ts";
import type { MessageId, TrackerId } from "./message.ts";
import { type MessageStore, StoreUnavailable } from "./ports.ts";

/** The last text without a serial that came over a line of this node. */
interface LastText {
  readonly id: MessageId;
  readonly epoch: number;
}

export class Passings {
  readonly #store: Pick<MessageStore, "passed">;
  readonly #last = new Map<TrackerId, LastText>();
  /** What the store must still be told. */
  readonly #unsaid = new Map<TrackerId, MessageId>();

  constructor(store: Pick<MessageStore, "passed">) {
    this.#store = store;
  }

  /** What a text of this tracker must tell the store; whoever takes it gives it back if that fails. Null: nothing. */
  take(trackerId: TrackerId): MessageId | null {
    const id = this.#unsaid.get(trackerId) ?? null;
    this.#unsaid.delete(trackerId);
    return id;
  }

  /** Whether the store heard it is not known. It keeps what it knows of a newer text whatever it hears of an older one. */
  giveBack(trackerId: TrackerId, id: MessageId | null): void {
    if (id !== null) this.#unsaid.set(trackerId, Math.max(id, this.#unsaid.get(trackerId) ?? 0));
  }

  /** These texts are stored under these ids. */
  stored({ identity: { trackerId }, epoch }: LineOwner, texts: readonly DeviceText[], ids: readonly MessageId[]): void {
    const id = ids[texts.findLastIndex(({ serial }) => serial === null)];
    if (id !== undefined) this.#last.set(trackerId, { id, epoch });
  }

  /** A frame followed our acknowledgement. Told once the step is over, unless a text of the same frame takes it along. */
  async passed({ identity: { trackerId }, epoch }: LineOwner): Promise<void> {
    const last = this.#last.get(trackerId);
    if (last?.epoch !== epoch) return;
    this.#last.delete(trackerId);
    this.giveBack(trackerId, last.id);
    await Promise.resolve();
    await this.#tell(trackerId);
  }

  /** The line is gone. */
  async ended(trackerId: TrackerId, epoch: number): Promise<void> {
    if (this.#last.get(trackerId)?.epoch === epoch) this.#last.delete(trackerId);
    await this.#tell(trackerId);
  }

  /** Tells what an outage kept from being told. */
  async retry(): Promise<void> {
    for (const trackerId of [...this.#unsaid.keys()]) await this.#tell(trackerId);
  }

  /** An outage is no failure: not knowing it costs a person a text typed twice, and it is told later. */
  async #tell(trackerId: TrackerId): Promise<void> {
    const id = this.take(trackerId);
    if (id === null) return;
    try {
      await this.#store.passed(trackerId, id);
    } catch (error) {
      this.giveBack(trackerId, id);
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}
