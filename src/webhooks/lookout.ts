/** Sees which webhooks have something to post. Every node looks; the first by name says it. */
import type { Logger } from "pino";
import type { EventStore } from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import { type MessageStore, StoreUnavailable } from "../chat/ports.ts";
import type { HookState, WebhookId, WebhookStore } from "../chat/webhook.ts";

/** A nudge may be lost, and so may a hint: every webhook is looked at this often. Well within LISTEN_MS. */
const LOOK_MS = 3_000;
/** Accounts looked at together. */
const AT_ONCE = 50;

export interface LookoutDeps {
  readonly webhooks: Pick<WebhookStore, "accounts" | "list">;
  readonly events: Pick<EventStore, "place" | "onNudge">;
  readonly messages: Pick<MessageStore, "liveNodes">;
  readonly hint: (userId: UserId, id: WebhookId) => Promise<void>;
  readonly node: string;
  readonly log: Logger;
}

export class Lookout {
  readonly #deps: LookoutDeps;
  readonly #known = new Map<UserId, readonly WebhookId[]>();
  #isFirst = false;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  #stopNudges: (() => void) | null = null;

  constructor(deps: LookoutDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopNudges = this.#deps.events.onNudge((userId) => this.#nudged(userId));
    this.#timer = setInterval(() => void this.#quietly(), LOOK_MS);
    void this.#quietly();
  }

  stop(): void {
    this.#stopNudges?.();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** One look: hints for all that waits, and keeps the streams of these accounts relayed at once. Throws StoreUnavailable. */
  async look(): Promise<void> {
    const { webhooks, messages, node } = this.#deps;
    this.#isFirst = [...(await messages.liveNodes())].sort()[0] === node;
    const accounts = await webhooks.accounts();
    for (const userId of this.#known.keys()) if (!accounts.includes(userId)) this.#known.delete(userId);
    for (let at = 0; at < accounts.length; at += AT_ONCE)
      await Promise.all(accounts.slice(at, at + AT_ONCE).map((userId) => this.#account(userId)));
  }

  async #account(userId: UserId): Promise<void> {
    const states = await this.#deps.webhooks.list(userId);
    this.#known.set(
      userId,
      states.map(({ webhook }) => webhook.id),
    );
    if (!this.#isFirst || states.length === 0) return;
    const { end } = await this.#deps.events.place(userId, null, true);
    await Promise.all(states.filter((state) => waits(state, end)).map(({ webhook }) => this.#deps.hint(userId, webhook.id)));
  }

  #nudged(userId: UserId): void {
    if (this.#isFirst) for (const id of this.#known.get(userId) ?? []) void this.#deps.hint(userId, id);
  }

  async #quietly(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.look();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "webhooks could not be looked at");
    } finally {
      this.#looking = false;
    }
  }
}

function waits({ place, replays }: HookState, end: string): boolean {
  return replays.length > 0 || place.after !== end;
}
