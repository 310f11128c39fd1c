/**
 * One line as a node has it: what `src/gateway/connection.ts` does, on virtual time and a simulated connection. Effects
 * are performed in order, nothing is read while a question is open, and settlements go to the store before the logout.
 */
import type { Answer, LineChat, LineOwner } from "../../src/chat/lines.ts";
import type { CloseReason, Effect, Input, News, Protocol, Session } from "../../src/core/index.ts";
import type { LiveLine, Registry } from "../../src/gateway/registry.ts";
import type { Endpoint, Link } from "./link.ts";

/** What a line asks of the chat. */
export type Chat = Pick<LineChat, "identify" | "receive" | "drain" | "passed" | "logout" | "contested">;
export type SessionLike = Pick<Session, "step" | "deadline" | "asking">;

/** What a line needs of its node. */
export interface LineHome {
  readonly node: string;
  readonly registry: Registry;
  readonly chat: Chat;
  readonly now: () => number;
  /** A timer of the node's process. */
  later(ms: number, run: () => void): void;
  openSession(protocol: Protocol): SessionLike;
  opened(line: SimLine): void;
  closed(line: SimLine, reason: CloseReason): void;
  /** Off, except in a broken variant: what was written counts as delivered. */
  readonly trustsWrites: boolean;
}

/** For the peer's own end, once ours is sent. */
const FLUSH_MS = 2_000;
/** As `settleFinally` in `src/gateway/questions.ts`. */
const FINAL_TRIES = 30;
const FINAL_RETRY_MS = 1_000;

type Drain = Extract<Effect, { type: "drain" }>;

export class SimLine implements LiveLine, Endpoint {
  readonly address = "10.0.0.1";
  readonly id: number;
  readonly #home: LineHome;
  readonly #link: Link;
  readonly #protocol: Protocol;
  readonly #session: SessionLike;
  readonly #incoming: Buffer[] = [];
  #phase: "open" | "ended" | "gone" = "open";
  #owner: LineOwner | null = null;
  #peerEnded = false;
  #reason: CloseReason = "peer-closed";
  #unsettled = 0;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(home: LineHome, link: Link, protocol: Protocol) {
    this.id = link.id;
    this.#home = home;
    this.#link = link;
    this.#protocol = protocol;
    this.#session = home.openSession(protocol);
    this.#arm();
  }

  get trackerId(): number {
    return this.#owner?.identity.trackerId ?? 0;
  }

  get deviceId(): string {
    return this.#owner?.identity.deviceId ?? "";
  }

  get protocol(): string {
    return this.#protocol.name;
  }

  get epoch(): number {
    return this.#owner?.epoch ?? 0;
  }

  readonly ageMs = 0;

  get open(): boolean {
    return this.#phase === "open";
  }

  hint(news: News = "text"): void {
    this.#step({ type: "hint", news });
  }

  leave(reason: CloseReason): void {
    this.#step({ type: "leave", reason });
  }

  end(reason: CloseReason, graceMs: number): void {
    this.#step({ type: "end", reason, graceMs });
  }

  received(chunk: Buffer): void {
    if (this.#phase !== "open") return;
    this.#incoming.push(chunk);
    this.#read();
  }

  ended(): void {
    this.#peerEnded = true;
    if (this.#phase === "open") return this.#read();
    if (this.#reason === "taken-over" && this.#owner !== null) this.#home.chat.contested(this.trackerId);
    this.gone();
  }

  gone(): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "open") this.end("peer-closed", 0);
    this.#phase = "gone";
    this.#logoutWhenSettled();
  }

  #read(): void {
    while (this.#phase === "open" && !this.#session.asking) {
      const chunk = this.#incoming.shift();
      if (chunk === undefined) break;
      this.#perform({ type: "bytes", chunk });
    }
    if (this.#phase === "open" && this.#peerEnded && !this.#session.asking) this.end("peer-closed", 0);
  }

  #step(input: Input): void {
    this.#perform(input);
    this.#read();
  }

  #perform(input: Input): void {
    const effects = this.#session.step(input, this.#home.now());
    const last = effects.some((effect) => effect.type === "close");
    for (const effect of effects) this.#effect(effect, last);
    this.#arm();
  }

  #effect(effect: Effect, last: boolean): void {
    const owner = this.#owner;
    const { chat } = this.#home;
    if (effect.type === "write") this.#write(effect.bytes);
    else if (effect.type === "identify") this.#answerLater(this.#identify(effect));
    else if (effect.type === "close") this.#close(effect.reason);
    else if (owner === null) return;
    else if (effect.type === "receive") {
      this.#answerLater(chat.receive(owner, effect.texts, effect.early).then((verdict): Input => ({ type: "received", verdict })));
    } else if (effect.type === "passed") void chat.passed(owner);
    else if (effect.type === "drain") this.#drain(owner, effect, last);
  }

  #write(bytes: Buffer): void {
    if (this.#phase === "open") this.#link.send("down", bytes);
  }

  #answerLater(answer: Promise<Input>): void {
    void answer.then((input) => this.#step(input));
  }

  async #identify(effect: Extract<Effect, { type: "identify" }>): Promise<Input> {
    const answer = await this.#home.chat.identify(effect, { protocol: this.#protocol, address: this.address });
    this.#loggedIn(answer);
    return { type: "identified", verdict: answer.verdict };
  }

  #loggedIn({ verdict, epoch }: Answer): void {
    if (verdict.type !== "accepted" || epoch === null) return;
    if (this.#phase !== "open") return void this.#home.chat.logout(verdict.identity.trackerId, epoch);
    this.#owner = { identity: verdict.identity, protocol: this.#protocol, epoch };
    this.#home.opened(this);
    if (!this.#home.registry.enter(this)) this.leave("taken-over");
  }

  #drain(owner: LineOwner, effect: Drain, last: boolean): void {
    if (last || this.#phase !== "open") return this.#settleFinally(owner, effect);
    const answer = this.#home.chat.drain(owner, effect).then((result): Input => {
      if (result.type === "unavailable" && this.#phase !== "open") this.#settleFinally(owner, effect);
      if (this.#home.trustsWrites && result.type === "drained") this.#trust(owner, result.texts);
      return { type: "drained", result };
    });
    this.#answerLater(answer);
  }

  #trust(owner: LineOwner, texts: readonly { readonly id: number }[]): void {
    const settlements = texts.map(({ id }) => ({ type: "delivered", id, receipt: "device" }) as const);
    this.#settleFinally(owner, { type: "drain", settlements, held: [], room: 0 });
  }

  #settleFinally(owner: LineOwner, effect: Drain): void {
    this.#unsettled += 1;
    this.#trySettle(owner, effect, FINAL_TRIES);
  }

  #trySettle(owner: LineOwner, { settlements, tags = [] }: Drain, tries: number): void {
    const done = (): void => {
      this.#unsettled -= 1;
      this.#logoutWhenSettled();
    };
    if (tries === 0 || settlements.length + tags.length === 0) return done();
    const last = { type: "drain", settlements, tags, held: [], room: 0 } as const;
    void this.#home.chat.drain(owner, last).then((result) => {
      if (result.type !== "unavailable") return done();
      this.#home.later(FINAL_RETRY_MS, () => this.#trySettle(owner, last, tries - 1));
    });
  }

  #close(reason: CloseReason): void {
    if (this.#phase !== "open") return;
    this.#phase = "ended";
    this.#reason = reason;
    this.#home.registry.leave(this);
    this.#home.closed(this, reason);
    this.#link.finish("down");
    if (this.#peerEnded) return this.#home.later(0, () => this.gone());
    this.#home.later(FLUSH_MS, () => {
      this.#link.abandon("down");
      this.gone();
    });
  }

  #logoutWhenSettled(): void {
    const owner = this.#owner;
    if (this.#phase !== "gone" || this.#unsettled > 0 || owner === null) return;
    this.#owner = null;
    void this.#home.chat.logout(owner.identity.trackerId, owner.epoch);
  }

  /** Deadlines mostly move away: a timer that comes early only looks again. */
  #arm(): void {
    const at = this.#phase === "open" ? this.#session.deadline : null;
    if (at === null || at >= this.#timerAt) return;
    this.#timerAt = at;
    this.#home.later(Math.max(1, at - this.#home.now()), () => this.#look(at));
  }

  #look(armedFor: number): void {
    if (this.#timerAt !== armedFor) return;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const at = this.#session.deadline;
    if (this.#phase === "open" && at !== null && this.#home.now() >= at) this.#step({ type: "tick" });
    this.#arm();
  }
}
