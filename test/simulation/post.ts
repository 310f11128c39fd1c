/** The mail between nodes: small, idempotent and losable. It travels at random speed, so it also overtakes itself. */
import type { TrackerId } from "../../src/chat/message.ts";
import type { News, Outbox, Owner } from "../../src/chat/ports.ts";
import type { MailRates } from "./plan.ts";
import type { Random } from "./random.ts";

export interface PostOptions {
  readonly random: Random;
  readonly rates: () => MailRates;
  after(ms: number, run: () => void): void;
  fault(kind: string, where: { readonly node: string; readonly trackerId: number }): void;
  /** Hands a hint to a node; a node that is not there takes nothing. */
  deliver(node: string, hint: Hint): void;
  /** Off, except in a broken variant: a second hint under a name that was ever used is dropped. */
  readonly jobIds: boolean;
}

export interface Hint {
  readonly trackerId: TrackerId;
  readonly epoch: number;
  readonly news: News;
}

const LATEST_MS = 30_000;

export class Post implements Outbox {
  readonly #options: PostOptions;
  readonly #names = new Set<string>();

  constructor(options: PostOptions) {
    this.#options = options;
  }

  hint(trackerId: TrackerId, owner: Owner, news: News = "text"): Promise<void> {
    const { random, rates, jobIds, fault } = this.#options;
    const hint = { trackerId, epoch: owner.epoch, news };
    const name = `${owner.node} ${trackerId} ${news === "withdrawal" ? news : "text"}`;
    if (jobIds && this.#names.has(name)) return Promise.resolve();
    this.#names.add(name);
    const fate = random.weighted({ ...rates() });
    if (fate !== "fine") fault(`mail-${fate}`, { node: owner.node, trackerId });
    if (fate === "refused") return Promise.reject(new Error("the mail could not be handed over"));
    if (fate === "lost") return Promise.resolve();
    this.#send(owner.node, hint, fate === "late" ? random.between(500, LATEST_MS) : random.between(1, 25));
    if (fate === "twice") this.#send(owner.node, hint, random.between(1, LATEST_MS));
    return Promise.resolve();
  }

  #send(node: string, hint: Hint, ms: number): void {
    this.#options.after(ms, () => this.#options.deliver(node, hint));
  }
}
