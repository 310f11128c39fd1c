/** One user of the API: one call after the other, each on some node, none waited for longer than its patience. */
import { LIST_LIMIT, type ListInput } from "../../src/chat/calls.ts";
import { ChatError } from "../../src/chat/chat-error.ts";
import { type ChatText, isChatText } from "../../src/chat/chat-text.ts";
import type { User } from "../../src/chat/fleet.ts";
import type { Message } from "../../src/chat/message.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import type { BroadcastResult } from "../../src/chat/sender.ts";
import type { ChatCalls } from "./build.ts";
import type { History, Outcome } from "./history.ts";
import type { Random } from "./random.ts";
import { type SimNode, TTL_MS } from "./sim-node.ts";
import type { SentText } from "./texts.ts";

export interface ClientWorld {
  readonly random: Random;
  readonly history: History;
  readonly now: () => number;
  readonly storeNow: () => number;
  after(ms: number, run: () => void): void;
  /** A new text. */
  compose(how: { readonly urgent: boolean; readonly ttlMs: number }): SentText;
  /** Sends an urgent text, or one with a short life. */
  sendSpecial(node: SimNode, trackerId: number, text: SentText): Promise<number>;
  /** An INCOMING message of this tracker, if there is one. */
  incomingOf(trackerId: number): number | null;
}

export interface ClientTraits {
  readonly name: string;
  readonly user: User;
  readonly own: readonly number[];
  readonly foreign: readonly number[];
}

const PATIENCE_MS = 5_000;
const LIST_LIMITS = [1, 3, 20, LIST_LIMIT] as const;
const LONGEST_RANGE_MS = 120_000;
const SHORT_LIVES_MS = [3_000, 20_000, 60_000, 3_600_000] as const;

/** One call under way. */
interface Turn {
  readonly node: SimNode;
  readonly began: number;
  readonly done: () => void;
}

export class Client {
  readonly #traits: ClientTraits;
  readonly #world: ClientWorld;
  /** INCOMING messages that it was shown. */
  readonly #seen = new Set<number>();

  constructor(traits: ClientTraits, world: ClientWorld) {
    this.#traits = traits;
    this.#world = world;
  }

  /** Does something on this node; `done` is called when it has its answer or no more patience. */
  act(node: SimNode, done: () => void): void {
    const turn = { node, began: this.#world.now(), done };
    const what = this.#world.random.weighted({ send: 50, special: 12, broadcast: 8, list: 10, read: 8, all: 2, count: 3, trespass: 6 });
    const { [what]: work } = this.#acts;
    work(turn);
  }

  readonly #acts = {
    send: (turn: Turn): void => this.#send(turn),
    special: (turn: Turn): void => this.#special(turn),
    broadcast: (turn: Turn): void => this.#broadcast(turn),
    list: (turn: Turn): void => this.#list(turn),
    read: (turn: Turn): void => this.#markRead(turn),
    all: (turn: Turn): void => this.#markAllRead(turn),
    count: (turn: Turn): void => this.#count(turn),
    trespass: (turn: Turn): void => this.#trespass(turn),
  };

  #send(turn: Turn): void {
    const text = this.#world.compose({ urgent: false, ttlMs: TTL_MS });
    const trackerId = this.#world.random.pick(this.#traits.own);
    const work = (calls: ChatCalls): Promise<number> => calls.send(this.#traits.user, trackerId, chatText(text.text));
    this.#call(turn, work, (outcome, id) => this.#sent(turn, { text, trackerId, outcome, id: id ?? null }));
  }

  #special(turn: Turn): void {
    const { random } = this.#world;
    const urgent = random.chance(0.5);
    const text = this.#world.compose({ urgent, ttlMs: urgent ? TTL_MS : random.pick(SHORT_LIVES_MS) });
    const trackerId = random.pick(this.#traits.own);
    const work = (): Promise<number> => this.#world.sendSpecial(turn.node, trackerId, text);
    this.#call(turn, work, (outcome, id) => this.#sent(turn, { text, trackerId, outcome, id: id ?? null }));
  }

  #sent(
    turn: Turn,
    sent: { readonly text: SentText; readonly trackerId: number; readonly outcome: Outcome; readonly id: number | null },
  ): void {
    const { trackerId, outcome, id } = sent;
    this.#world.history.add({ op: "sent", client: this.#traits.name, n: sent.text.n, trackerId, began: turn.began, outcome, id });
  }

  #broadcast(turn: Turn): void {
    const { own, user } = this.#traits;
    const trackers = own.filter(() => this.#world.random.chance(0.7));
    if (trackers.length === 0) return this.#send(turn);
    const text = this.#world.compose({ urgent: false, ttlMs: TTL_MS });
    const work = (calls: ChatCalls): Promise<BroadcastResult> => calls.broadcast(user, trackers, chatText(text.text));
    this.#call(turn, work, (_, result) => {
      for (const trackerId of trackers) {
        this.#sent(turn, { text, trackerId, outcome: result?.sentTo.includes(trackerId) === true ? "ok" : "info", id: null });
      }
    });
  }

  #list(turn: Turn): void {
    const { random, storeNow, history } = this.#world;
    const { user, own } = this.#traits;
    const from = random.chance(0.5) ? storeNow() - random.between(0, LONGEST_RANGE_MS) : null;
    const to = from !== null && random.chance(0.5) ? from + random.between(0, LONGEST_RANGE_MS) : null;
    const input: ListInput = { trackerId: random.pick(own), from, to, limit: random.pick(LIST_LIMITS), ascending: random.chance(0.5) };
    const work = (calls: ChatCalls): Promise<readonly Message[]> => calls.list(user, input);
    this.#call(turn, work, (outcome, messages) => {
      if (outcome !== "ok" || messages === undefined) return;
      history.add({ op: "listed", user: user.id, input, began: turn.began, messages });
      for (const message of messages) if (message.direction === "INCOMING") this.#seen.add(message.id);
    });
  }

  #markRead(turn: Turn): void {
    const ids = [...this.#seen].filter(() => this.#world.random.chance(0.4));
    if (ids.length === 0) return this.#list(turn);
    const { user } = this.#traits;
    const marked = (outcome: Outcome): void => this.#world.history.add({ op: "marked", user: user.id, ids, began: turn.began, outcome });
    this.#call(turn, (calls) => calls.markRead(user, ids), marked);
  }

  #markAllRead(turn: Turn): void {
    const { user } = this.#traits;
    const marked = (outcome: Outcome): void => this.#world.history.add({ op: "marked-all", user: user.id, began: turn.began, outcome });
    this.#call(turn, (calls) => calls.markAllRead(user, null), marked);
  }

  #count(turn: Turn): void {
    const { user } = this.#traits;
    this.#call(
      turn,
      (calls) => calls.unreadCounts(user),
      (outcome, counts) => {
        if (outcome === "ok" && counts !== undefined)
          this.#world.history.add({ op: "counted", user: user.id, trackers: [...counts.keys()] });
      },
    );
  }

  /** Tries what belongs to somebody else. */
  #trespass(turn: Turn): void {
    const { random, history, compose, incomingOf } = this.#world;
    const { user, foreign, own } = this.#traits;
    const trackerId = random.pick(foreign);
    const what = random.weighted({ list: 1, read: 2, send: 1, broadcast: 1, times: 1, all: 1 });
    const note = (outcome: Outcome): void => history.add({ op: "foreign", user: user.id, what: `${what} ${trackerId}`, outcome });
    const input: ListInput = { trackerId, from: null, to: null, limit: LIST_LIMIT, ascending: true };
    const text = chatText(compose({ urgent: false, ttlMs: TTL_MS }).text);
    const theirs = incomingOf(trackerId);
    const works: Readonly<Record<typeof what, (calls: ChatCalls) => Promise<unknown>>> = {
      list: (calls) => calls.list(user, input),
      read: (calls) => calls.markRead(user, [...this.#seen].slice(0, 1).concat(theirs ?? [])),
      send: (calls) => calls.send(user, trackerId, text),
      broadcast: (calls) => calls.broadcast(user, [...own, trackerId], text),
      times: (calls) => calls.lastTimes(user, [trackerId]),
      all: (calls) => calls.markAllRead(user, [trackerId]),
    };
    if (what === "read" && theirs === null) return this.#list(turn);
    this.#call(turn, works[what], note);
  }

  /** The answer is an error code (`fail`), a result (`ok`), or never came (`info`). */
  #call<T>(turn: Turn, work: (calls: ChatCalls) => Promise<T>, note: (outcome: Outcome, result?: T) => void): void {
    let open = true;
    const end = (outcome: Outcome, result?: T): void => {
      if (!open) return;
      open = false;
      note(outcome, result);
      turn.done();
    };
    this.#world.after(PATIENCE_MS, () => end("info"));
    turn.node.deliver(() => {
      if (turn.node.calls === null) return;
      work(turn.node.calls).then(
        (result) => end("ok", result),
        (error: unknown) => {
          if (!(error instanceof ChatError || error instanceof StoreUnavailable)) throw error;
          end("fail");
        },
      );
    });
  }
}

function chatText(text: string): ChatText {
  if (!isChatText(text)) throw new Error(`not a text: ${text}`);
  return text;
}
