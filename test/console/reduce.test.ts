/**
 * The model against a server that is played: whatever the order in which events and answers arrive, and however often, the page ends
 * with what the server has.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../../src/console/model/change.ts";
import { type Message, messageOf } from "../../src/console/model/message.ts";
import { BLANK_ROW, EMPTY, type Model, REMEMBERED } from "../../src/console/model/model.ts";
import { ORIGIN, positionOf, readAfter } from "../../src/console/model/position.ts";
import { reduce } from "../../src/console/model/reduce.ts";
import { unreadIds } from "../../src/console/model/select.ts";
import { PlayedServer, TRACKERS } from "./played-server.ts";

const RUNS = 500;

/** What happens next: at the server, on the stream, or between a call and its answer. */
type Step =
  | { readonly type: "presence"; readonly tracker: number; readonly online: boolean }
  | { readonly type: "read" | "open" | "page" | "follow"; readonly tracker: number }
  | { readonly type: "incoming" | "outgoing"; readonly tracker: number; readonly count: number }
  | { readonly type: "proceed"; readonly pick: number }
  | { readonly type: "roster" }
  /** The stream brings so many events. */
  | { readonly type: "hear"; readonly count: number }
  /** It brings one again that was heard. */
  | { readonly type: "repeat"; readonly pick: number }
  /** An answer that is on its way arrives. */
  | { readonly type: "answer"; readonly pick: number };

const tracker = fc.constantFrom(...TRACKERS);
const pick = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("presence" as const), tracker, online: fc.boolean() }),
  fc.record({ type: fc.constantFrom("incoming" as const, "outgoing" as const), tracker, count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constantFrom("read" as const, "open" as const, "page" as const, "follow" as const), tracker }),
  fc.record({ type: fc.constant("proceed" as const), pick }),
  fc.constant({ type: "roster" as const }),
  fc.record({ type: fc.constant("hear" as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ type: fc.constant("repeat" as const), pick }),
  fc.record({ type: fc.constant("answer" as const), pick }),
);

class Play {
  readonly server = new PlayedServer();
  model: Model = EMPTY;
  #heard = 0;
  readonly #answers: Change[] = [];
  readonly #followed = new Set<number>();

  apply(...changes: readonly Change[]): void {
    this.model = reduce(this.model, changes);
  }

  take(next: Step): void {
    switch (next.type) {
      case "presence":
        return this.server.appear(next.tracker, next.online);
      case "incoming":
      case "outgoing":
        return this.#write(next.tracker, next.type === "incoming" ? "INCOMING" : "OUTGOING", next.count);
      case "read":
        return this.server.readAll(next.tracker);
      case "proceed":
        return this.server.proceed(next.pick);
      case "roster":
        return void this.#answers.push(this.server.roster());
      case "open":
      case "page":
        return this.#ask(next.tracker);
      case "follow":
        return this.#follow(next.tracker);
      case "hear":
        return this.hear(next.count);
      case "repeat":
        return this.#repeat(next.pick);
      case "answer":
        return this.#answer(next.pick);
    }
  }

  hear(count: number): void {
    const events = this.server.events.slice(this.#heard, this.#heard + count);
    this.#heard += events.length;
    this.apply(...events);
  }

  /** Everything that is on its way arrives, answers in any order. */
  finish(order: number): void {
    while (this.#answers.length > 0) this.#answer(order);
    this.hear(this.server.events.length);
  }

  get watched(): ReadonlySet<number> {
    return this.#followed;
  }

  /** The newest page at first, then the one before what is here, as the page asks for them. */
  #ask(id: number): void {
    if (this.#answers.some((answer) => answer.type === "page" && answer.trackerId === id)) return;
    if (!this.model.conversations.has(id)) this.apply({ type: "open", trackerId: id });
    const conversation = this.model.conversations.get(id);
    const before = conversation?.loaded === true ? (conversation.messages[0]?.id ?? null) : null;
    this.#answers.push(this.server.page(id, before, readAfter(this.model.cursor)));
  }

  #write(id: number, direction: Message["direction"], count: number): void {
    for (let index = 0; index < count; index += 1) this.server.write(id, direction);
  }

  #follow(id: number): void {
    const at = readAfter(this.model.cursor);
    const { id: messageId } = this.server.write(id, "OUTGOING");
    this.#followed.add(messageId);
    this.#answers.push({ type: "follow", ids: [messageId], at });
  }

  #repeat(at: number): void {
    const event = this.#heard === 0 ? undefined : this.server.events[at % this.#heard];
    if (event !== undefined) this.apply(event);
  }

  #answer(at: number): void {
    const [answer] = this.#answers.splice(at % Math.max(1, this.#answers.length), 1);
    if (answer !== undefined) this.apply(answer);
  }
}

function played(steps: readonly Step[]): Play {
  const play = new Play();
  for (const next of steps) play.take(next);
  return play;
}

describe("the model", () => {
  it("ends with what the server has, however events and answers interleave, and however often events come", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(50), (steps, order) => {
        const play = played(steps);
        play.finish(order);
        for (const id of TRACKERS) expectSame(play, id);
        for (const id of play.watched) expect(play.model.watched.get(id)?.state).toBe(play.server.message(id)?.progress.state);
      }),
      { numRuns: RUNS },
    );
  });

  it("is the same in whatever order the events came, each of them once or twice", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.nat(1_000_000)), (steps, chance) => {
        const { server } = played(steps);
        const opened = reduce(EMPTY, [
          ...TRACKERS.map((id) => ({ type: "open", trackerId: id }) as const),
          ...TRACKERS.map((id) => ({ type: "page", trackerId: id, messages: [], complete: true }) as const),
        ]);
        const twice = [...server.events, ...server.events].map((event) => ({ event, at: Number(chance.next().value) }));
        const shuffled = twice.sort((one, other) => one.at - other.at).map(({ event }) => event);
        expect(plain(reduce(opened, shuffled))).toEqual(plain(reduce(opened, server.events)));
      }),
      { numRuns: RUNS },
    );
  });

  it("does not change at all by what it knows", () => {
    const server = new PlayedServer();
    server.write(1, "OUTGOING");
    server.proceed(0);
    server.appear(1, true);
    const known = reduce(EMPTY, [{ type: "open", trackerId: 1 }, ...server.events]);
    const conversation = reduce(known, server.events).conversations.get(1);
    expect(conversation?.messages).toEqual(known.conversations.get(1)?.messages);
    expect(plain(reduce(known, server.events))).toEqual(plain(known));
  });

  it("keeps what a status said of a message that is still being fetched", () => {
    const server = new PlayedServer();
    const { id } = server.write(1, "OUTGOING");
    const opened = reduce(EMPTY, [{ type: "open", trackerId: 1 }]);
    const late = server.page(1, null, readAfter(ORIGIN));
    server.proceed(0);
    const model = reduce(opened, [...server.events.filter(({ type }) => type === "status"), late]);
    expect(messageOf(model.conversations.get(1)?.messages ?? [], id)?.progress.state).toBe("written");
  });

  it("takes for read what came before the count was none, and not what comes after", () => {
    const server = new PlayedServer();
    server.write(1, "INCOMING");
    server.readAll(1);
    const { id } = server.write(1, "INCOMING");
    const model = reduce(EMPTY, [{ type: "open", trackerId: 1 }, ...server.events]);
    expect(unreadIds(model.conversations.get(1)?.messages ?? [], model.rows.get(1) ?? BLANK_ROW)).toEqual([id]);
  });

  it("has no gap where an old event comes again before the first page", () => {
    const server = new PlayedServer();
    for (let index = 0; index < 6; index += 1) server.write(1, "INCOMING");
    const [oldest] = server.events;
    const opened = reduce(EMPTY, [...server.events, { type: "open", trackerId: 1 }]);
    const model = reduce(opened, [...(oldest === undefined ? [] : [oldest]), server.page(1, null, readAfter(opened.cursor))]);
    expect(model.conversations.get(1)?.messages.map(({ id }) => id)).toEqual([3, 4, 5, 6]);
  });

  it("has no gap where an old event comes again after the first page", () => {
    const server = new PlayedServer();
    for (let index = 0; index < 6; index += 1) server.write(1, "INCOMING");
    const opened = reduce(EMPTY, [...server.events, { type: "open", trackerId: 1 }]);
    const model = reduce(opened, [server.page(1, null, readAfter(opened.cursor)), ...server.events]);
    expect(model.conversations.get(1)?.messages.map(({ id }) => id)).toEqual([3, 4, 5, 6]);
  });

  it("knows of a broadcast's message what was heard before its id was", () => {
    const server = new PlayedServer();
    const { id } = server.write(1, "OUTGOING");
    server.proceed(0);
    const model = reduce(EMPTY, [...server.events, { type: "follow", ids: [id], at: readAfter(ORIGIN) }]);
    expect(model.watched.get(id)?.state).toBe("written");
  });

  it("believes an answer rather than the event that was the newest when it was asked for", () => {
    const server = new PlayedServer();
    const { id } = server.write(1, "OUTGOING");
    server.proceed(0);
    const heard = [...server.events];
    server.proceed(0);
    const opened = reduce(EMPTY, [...heard, { type: "open", trackerId: 1 }]);
    const model = reduce(opened, [server.page(1, null, readAfter(opened.cursor)), ...heard]);
    expect(messageOf(model.conversations.get(1)?.messages ?? [], id)?.progress.state).toBe("delivered");
  });

  it("starts anew after a reset: positions may be lower than before", () => {
    const at = positionOf("5-1") ?? ORIGIN;
    const high = positionOf("900-7") ?? ORIGIN;
    const before = reduce(EMPTY, [{ type: "presence", at: high, trackerId: 1, online: true, since: null, protocol: null }]);
    const model = reduce(before, [
      { type: "reset", at },
      { type: "presence", at: positionOf("5-2") ?? ORIGIN, trackerId: 1, online: false, since: null, protocol: null },
    ]);
    expect(model.rows.get(1)?.presence.online).toBe(false);
    expect(model.cursor).toEqual(positionOf("5-2"));
    expect(model.conversations.size).toBe(0);
  });

  it("forgets trackers that cannot chat any more, not those it heard of after the roster was read", () => {
    const event = (n: number, trackerId: number): Change => ({ type: "unread", at: { ms: 1, n, read: 0 }, trackerId, count: 1 });
    const known = reduce(EMPTY, [event(1, 7), event(5, 8)]);
    const model = reduce(known, [{ type: "roster", at: readAfter({ ms: 1, n: 3, read: 0 }), entries: [], isWhole: true }]);
    expect([...model.rows.keys()]).toEqual([8]);
  });

  it("remembers a bounded number of conversations, the most recently opened ones, and of statuses", () => {
    const many = REMEMBERED.floating + 10;
    const progress = { state: "written", updatedAt: null, reason: null, receipt: null, altered: false, at: ORIGIN } as const;
    const model = reduce(EMPTY, [
      ...Array.from({ length: 20 }, (_, index) => ({ type: "open", trackerId: index }) as const),
      ...Array.from({ length: many }, (_, id) => ({ type: "status", at: ORIGIN, trackerId: 99, id, progress }) as const),
    ]);
    expect([...model.conversations.keys()]).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(model.floating.size).toBe(REMEMBERED.floating);
    expect(model.floating.has(many - 1)).toBe(true);
  });
});

/** What the page shows of a tracker is what the server has: nothing missing between the first and the last message that are here. */
function expectSame({ model, server }: Play, id: number): void {
  const row = model.rows.get(id) ?? BLANK_ROW;
  const truth = server.tracker(id);
  expect([row.presence.online, row.unread.count]).toEqual([truth.online, truth.unread.size]);
  expect(stateOf(row.last)).toEqual(stateOf(truth.messages.at(-1) ?? null));
  const conversation = model.conversations.get(id);
  if (conversation?.loaded !== true) return;
  const { messages, complete } = conversation;
  const here = truth.messages.slice(complete ? 0 : truth.messages.findIndex((message) => message.id === messages[0]?.id));
  expect(messages.map((message) => message.id)).toEqual(here.map((message) => message.id));
  const outgoing = (list: typeof messages) =>
    list.filter(({ direction }) => direction === "OUTGOING").map(({ progress }) => progress.state);
  expect(outgoing(messages)).toEqual(outgoing(here));
  expect(unreadIds(messages, row)).toEqual(here.map((message) => message.id).filter((message) => truth.unread.has(message)));
}

/** No event says that a certain text of a driver was read: the count does. */
function stateOf(message: Message | null): readonly unknown[] {
  return [message?.id, message?.direction === "OUTGOING" ? message.progress.state : null];
}

/** What is shown, without the order in which things were remembered. */
function plain({ rows, conversations, watched, cursor }: Model): object {
  const sorted = <T>(map: ReadonlyMap<number, T>): unknown => [...map].sort(([one], [other]) => one - other);
  return { cursor, rows: sorted(rows), conversations: sorted(conversations), watched: sorted(watched) };
}
