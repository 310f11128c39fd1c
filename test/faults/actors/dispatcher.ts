/** A dispatcher's client: one call at a time, at any node that the balancer believes in, and what is known of each afterwards. */
import type { Random } from "../../simulation/random.ts";
import { now, type Outcome, type Recorder, type Traits } from "../history.ts";
import { textOf } from "../texts.ts";
import { type Called, call } from "./api.ts";
import type { Balancer } from "./balancer.ts";

export interface DispatcherOptions {
  /** Null: its calls may overlap. */
  readonly name: string | null;
  readonly user: number;
  readonly hash: string;
  readonly random: Random;
  readonly history: Recorder;
  readonly balancer: Balancer;
  readonly nextText: () => number;
  readonly onAccepted: (n: number, trackerId: number) => void;
  /** INCOMING messages of this user that a list has shown. */
  readonly incoming: () => readonly number[];
}

export interface Wish {
  /** The only node to ask; absent: the balancer's choice. */
  readonly node?: number;
  readonly ttlS?: number;
  readonly patienceMs?: number;
}

interface Sent {
  readonly node: number;
  readonly outcome: Outcome;
  readonly id: number | null;
}

/** A text under a key is asked for until it is known to be stored. */
const KEYED = 0.15;
const TRIES = 6;
/** Other nodes are asked when nobody listens at one. */
const NODES = 3;

export class Dispatcher {
  readonly name: string | null;
  readonly user: number;
  readonly #options: DispatcherOptions;
  busy = false;

  constructor(options: DispatcherOptions) {
    this.name = options.name;
    this.user = options.user;
    this.#options = options;
  }

  /** Sends one text; gives its number and what is known of it. */
  async send(tracker: Traits, wish: Wish = {}): Promise<{ readonly n: number; readonly outcome: Outcome }> {
    const { random, nextText, history, onAccepted } = this.#options;
    const n = nextText();
    const { trackerId } = tracker;
    const began = now();
    const ttl = wish.ttlS === undefined ? {} : { ttl: wish.ttlS };
    const parameters = { tracker_id: trackerId, message: textOf(n), ...ttl };
    const { outcome, id, node } = random.chance(KEYED)
      ? await this.#surely({ ...parameters, idempotency_key: `k${n}` }, wish)
      : await this.#once(parameters, wish);
    history.add({ op: "sent", client: this.name, n, trackerId, node, began, outcome, id, ttlS: wish.ttlS ?? null });
    // What may expire need not arrive.
    if (outcome === "ok" && wish.ttlS === undefined) onAccepted(n, trackerId);
    return { n, outcome };
  }

  /** Marks some messages as read, all of them, or only asks how many are not. */
  async read(): Promise<void> {
    const { random, history, incoming } = this.#options;
    const what = random.weighted({ some: 6, all: 1, count: 6 });
    const began = now();
    if (what === "count") {
      const { node, outcome } = await this.#call("unread/count", {}, {});
      history.add({ op: "called", node, what: "unread/count", began, outcome });
      return;
    }
    const ids = what === "all" ? null : incoming().filter(() => random.chance(0.3));
    if (ids?.length === 0) return;
    const { outcome } = await this.#call(ids === null ? "mark_read_all" : "mark_read", ids === null ? {} : { message_ids: ids }, {});
    history.add({ op: "marked", user: this.user, ids, began, outcome });
  }

  /** Asks again as long as nobody knows; one try of which nobody knows makes the whole unknown. */
  async #surely(parameters: object, wish: Wish): Promise<Sent> {
    let sent = await this.#once(parameters, wish);
    for (let tries = 1; sent.outcome === "info" && tries < TRIES; tries += 1) {
      const again = await this.#once(parameters, wish);
      if (again.outcome === "ok") sent = again;
    }
    return sent;
  }

  async #once(parameters: object, wish: Wish): Promise<Sent> {
    const { node, outcome, answer } = await this.#call("send", parameters, wish);
    return { node, outcome, id: answer?.id ?? null };
  }

  async #call(path: string, parameters: object, wish: Wish): Promise<Called & { readonly node: number }> {
    const { balancer, hash } = this.#options;
    let called: Called = { outcome: "fail", refused: true, answer: null };
    let node = wish.node ?? 0;
    for (let tries = 0; tries < NODES && called.refused; tries += 1) {
      node = wish.node ?? balancer.pick();
      called = await call(balancer.portOf(node), path, { ...parameters, hash }, wish.patienceMs);
    }
    return { ...called, node };
  }
}
