/** The end of one account's stream on this node, and those who hear it. */
import type { EventBatch, EventId, Hearer } from "../chat/events.ts";

export interface FeedDeps {
  /** Where it begins. */
  readonly at: EventId;
  /** A page with as many batches is followed by another. */
  readonly page: number;
  /** The next page behind a place. */
  readonly read: (after: EventId) => Promise<readonly EventBatch[]>;
  readonly failed: (error: unknown) => void;
}

export class Feed {
  readonly #deps: FeedDeps;
  /** Each with the place up to which it has heard. */
  readonly #hearers = new Map<Hearer, EventId>();
  /** Those who are reading what they missed. */
  readonly #joining = new Set<Hearer>();
  #at: EventId;
  #pulling = false;
  #again = false;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
    this.#at = deps.at;
  }

  get empty(): boolean {
    return this.#hearers.size === 0 && this.#joining.size === 0;
  }

  /** Reads to this hearer what it missed, then goes on with all. Rejects when that cannot be read. */
  async join(hearer: Hearer, from: EventId): Promise<void> {
    this.#joining.add(hearer);
    try {
      let heard = from;
      while (this.#joining.has(hearer) && isBefore(heard, this.#at)) {
        const page = await this.#deps.read(heard);
        if (!this.#joining.has(hearer)) return;
        if (page.length === 0) break;
        hearer.hear(page);
        heard = page.at(-1)?.id ?? heard;
        await hearer.ready();
      }
      if (this.#joining.has(hearer)) this.#hearers.set(hearer, heard);
    } finally {
      this.#joining.delete(hearer);
    }
    this.pull();
  }

  leave(hearer: Hearer): void {
    this.#joining.delete(hearer);
    this.#hearers.delete(hearer);
  }

  /** There may be something new. */
  pull(): void {
    this.#again = true;
    if (!this.#pulling) void this.#pull();
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      while (this.#again && this.#hearers.size > 0) {
        this.#again = false;
        const page = await this.#deps.read(this.#at);
        this.#tell(page);
        if (page.length >= this.#deps.page) this.#again = true;
      }
    } catch (error) {
      // Whatever was missed is read at the next poll.
      this.#deps.failed(error);
    } finally {
      this.#pulling = false;
    }
  }

  #tell(page: readonly EventBatch[]): void {
    const last = page.at(-1);
    if (last === undefined) return;
    const before = this.#at;
    this.#at = last.id;
    for (const [hearer, heard] of this.#hearers) {
      // One that joined just now may be ahead.
      const news = heard === before ? page : page.filter(({ id }) => isBefore(heard, id));
      if (news.length === 0) continue;
      this.#hearers.set(hearer, last.id);
      hearer.hear(news);
    }
  }
}

function isBefore(one: EventId, other: EventId): boolean {
  const [ms = 0, count = 0] = one.split("-").map(Number);
  const [otherMs = 0, otherCount = 0] = other.split("-").map(Number);
  return ms < otherMs || (ms === otherMs && count < otherCount);
}
