/** One user of the API: one call after the other, each on some node, none waited for longer than its patience. */
import type { BroadcastResult } from "../../src/chat/broadcasts.ts";
import { LIST_LIMIT, type ListInput } from "../../src/chat/calls.ts";
import { ChatError } from "../../src/chat/chat-error.ts";
import { type ChatText, isChatText } from "../../src/chat/chat-text.ts";
import type { Extensions } from "../../src/chat/extensions.ts";
import type { User } from "../../src/chat/fleet.ts";
import type { Message } from "../../src/chat/message.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import type { Idempotency } from "../../src/chat/wishes.ts";
import type { ChatCalls } from "./build.ts";
import { TTL_MS } from "./calls-over.ts";
import type { History, Outcome } from "./history.ts";
import type { Random } from "./random.ts";
import type { SimNode } from "./sim-node.ts";
import type { SentText } from "./texts.ts";

export interface ClientWorld {
  readonly random: Random;
  readonly history: History;
  readonly now: () => number;
  readonly storeNow: () => number;
  after(ms: number, run: () => void): void;
  /** A new text. */
  compose(how?: Partial<Pick<SentText, "urgent" | "ttlMs" | "notBeforeMs">>): SentText;
  /** Some node. */
  node(): SimNode;
  /** An INCOMING message of this tracker, if there is one. */
  incomingOf(trackerId: number): number | null;
  outgoingOf(trackerId: number): number | null;
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

/** Times that a call with a name is made before it is given up. */
const NAMED_TRIES = 3;
/** Texts of its own that it remembers, for withdrawing and replacing. */
const LATEST = 8;
const LATEST_START_MS = 30_000;

type Work<T> = (calls: ChatCalls, extensions: Extensions) => Promise<T>;

interface Sending {
  readonly text: SentText;
  readonly trackerId: number;
  readonly replaces: number | null;
  readonly named: Idempotency | null;
  readonly tries: number;
}

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
  /** Its latest texts whose ids it knows. */
  #latest: { readonly id: number; readonly trackerId: number }[] = [];

  constructor(traits: ClientTraits, world: ClientWorld) {
    this.#traits = traits;
    this.#world = world;
  }

  /** Does something on this node; `done` is called when it has its answer or no more patience. */
  act(node: SimNode, done: () => void): void {
    const turn = { node, began: this.#world.now(), done };
    const acts = { send: 50, wish: 26, broadcast: 8, cancel: 6, list: 10, read: 8, all: 2, count: 3, trespass: 6 };
    const { [this.#world.random.weighted(acts)]: work } = this.#acts;
    work(turn);
  }

  readonly #acts = {
    send: (turn: Turn): void => this.#send(turn, "plain"),
    wish: (turn: Turn): void => this.#send(turn, this.#world.random.pick(["urgent", "short", "later", "named", "named", "instead"])),
    broadcast: (turn: Turn): void => this.#broadcast(turn),
    cancel: (turn: Turn): void => this.#cancel(turn),
    list: (turn: Turn): void => this.#list(turn),
    read: (turn: Turn): void => this.#markRead(turn),
    all: (turn: Turn): void => this.#markAllRead(turn),
    count: (turn: Turn): void => this.#count(turn),
    trespass: (turn: Turn): void => this.#trespass(turn),
  };

  #send(turn: Turn, wish: "plain" | "urgent" | "short" | "later" | "named" | "instead"): void {
    const { random, compose } = this.#world;
    const trackerId = random.pick(this.#traits.own);
    const text = compose({
      urgent: wish === "urgent",
      ...(wish === "short" ? { ttlMs: random.pick(SHORT_LIVES_MS) } : {}),
      ...(wish === "later" ? { notBeforeMs: random.between(100, LATEST_START_MS) } : {}),
    });
    const replaces = wish === "instead" ? (this.#latest.findLast((sent) => sent.trackerId === trackerId)?.id ?? null) : null;
    const named = wish === "named" ? { key: `key ${text.n}`, bodyDigest: text.text } : null;
    this.#try(turn, { text, trackerId, replaces, named, tries: named === null ? 1 : NAMED_TRIES });
  }

  /** A call with a name is made again when its outcome is not known. */
  #try(turn: Turn, sending: Sending): void {
    const { text, trackerId, replaces, named } = sending;
    const work = async (calls: ChatCalls): Promise<number> => {
      if (text.ttlMs === TTL_MS && !text.urgent && text.notBeforeMs === 0 && replaces === null && named === null)
        return await calls.send(this.#traits.user, trackerId, chatText(text.text));
      const notBefore = text.notBeforeMs === 0 ? null : this.#world.storeNow() + text.notBeforeMs;
      const wishes = { urgent: text.urgent, ttlMs: text.ttlMs, notBefore, replaces, idempotency: named };
      return (await calls.sendAsWished(this.#traits.user, trackerId, chatText(text.text), wishes)).id;
    };
    const again = { ...turn, node: this.#world.node() };
    const { done } = turn;
    this.#call({ ...turn, done: () => {} }, work, (outcome, id) => {
      if (outcome !== "ok" && sending.tries > 1) return this.#try(again, { ...sending, tries: sending.tries - 1 });
      this.#sent(turn, { ...sending, outcome, id: id ?? null });
      done();
    });
  }

  #sent(
    turn: Turn,
    sent: Pick<Sending, "text" | "trackerId" | "replaces"> & { readonly outcome: Outcome; readonly id: number | null },
  ): void {
    const { trackerId, outcome, id, replaces, text } = sent;
    this.#world.history.add({ op: "sent", client: this.#traits.name, n: text.n, trackerId, began: turn.began, outcome, id, replaces });
    if (id !== null) this.#latest = [...this.#latest.slice(-LATEST), { id, trackerId }];
  }

  #cancel(turn: Turn): void {
    if (this.#latest.length === 0) return this.#list(turn);
    // Mostly the last one, which may be on its way.
    const { id } = this.#world.random.pick(this.#latest.slice(this.#world.random.chance(0.7) ? -1 : 0));
    const work = (_: ChatCalls, extensions: Extensions): Promise<void> => extensions.cancel(this.#traits.user, id);
    this.#call(turn, work, (outcome) => this.#world.history.add({ op: "cancelled", id, outcome }));
  }

  #broadcast(turn: Turn): void {
    const { own, user } = this.#traits;
    const trackers = own.filter(() => this.#world.random.chance(0.7));
    if (trackers.length === 0) return this.#send(turn, "plain");
    const text = this.#world.compose();
    const work = (calls: ChatCalls): Promise<BroadcastResult> => calls.broadcast(user, trackers, chatText(text.text));
    this.#call(turn, work, (_, result) => {
      for (const trackerId of trackers) {
        this.#sent(turn, {
          text,
          trackerId,
          outcome: result?.sentTo.includes(trackerId) === true ? "ok" : "info",
          id: null,
          replaces: null,
        });
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
    const { random, history, compose, incomingOf, outgoingOf } = this.#world;
    const { user, foreign, own } = this.#traits;
    const trackerId = random.pick(foreign);
    const what = random.weighted({ list: 1, read: 2, send: 1, broadcast: 1, times: 1, all: 1, cancel: 1 });
    const note = (outcome: Outcome): void => history.add({ op: "foreign", user: user.id, what: `${what} ${trackerId}`, outcome });
    const input: ListInput = { trackerId, from: null, to: null, limit: LIST_LIMIT, ascending: true };
    const text = chatText(compose().text);
    const theirs = incomingOf(trackerId);
    const theirOutgoing = outgoingOf(trackerId);
    const works: Readonly<Record<typeof what, Work<unknown>>> = {
      list: (calls) => calls.list(user, input),
      read: (calls) => calls.markRead(user, [...this.#seen].slice(0, 1).concat(theirs ?? [])),
      send: (calls) => calls.send(user, trackerId, text),
      broadcast: (calls) => calls.broadcast(user, [...own, trackerId], text),
      times: (calls) => calls.lastTimes(user, [trackerId]),
      all: (calls) => calls.markAllRead(user, [trackerId]),
      cancel: (_, extensions) => extensions.cancel(user, theirOutgoing ?? 0),
    };
    if (what === "read" && theirs === null) return this.#list(turn);
    this.#call(turn, works[what], note);
  }

  /** The answer is an error code (`fail`), a result (`ok`), or never came (`info`). */
  #call<T>(turn: Turn, work: Work<T>, note: (outcome: Outcome, result?: T) => void): void {
    let open = true;
    const end = (outcome: Outcome, result?: T): void => {
      if (!open) return;
      open = false;
      note(outcome, result);
      turn.done();
    };
    this.#world.after(PATIENCE_MS, () => end("info"));
    turn.node.deliver(() => {
      const { calls, extensions } = turn.node;
      if (calls === null || extensions === null) return;
      work(calls, extensions).then(
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
