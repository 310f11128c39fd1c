/** The gateway's side of one tracker on virtual time: the real session and chat over a store, every effect performed at once. */
import { LineChat, type LineOwner } from "../../src/chat/lines.ts";
import { type MessageStore, StoreUnavailable } from "../../src/chat/ports.ts";
import {
  type CloseReason,
  type DeviceText,
  type Effect,
  type Input,
  type LoginVerdict,
  type NoteKind,
  type Profile,
  type Protocol,
  Session,
  type Settlement,
} from "../../src/core/index.ts";
import { MemoryDirectory } from "./fleet.ts";
import { LIMITS } from "./limits.ts";

export interface StoredLineOptions {
  readonly protocol: Protocol;
  /** The tracker as the fleet knows it; its profile is checked already. */
  readonly deviceId: string;
  readonly password: string | null;
  readonly profile: Profile;
  readonly store: MessageStore;
  /** Monotonic milliseconds, moved by whoever holds it. */
  readonly clock: { readonly now: number };
}

const TRACKER = 1;
const NODE = "node";
const DAY = 86_400_000;

export class StoredLine {
  /** The store can be reached. */
  up = true;
  /** What the gateway wrote; whoever delivers it takes it out. */
  readonly written: Buffer[] = [];
  /** Every question to store driver texts, whatever became of it. */
  readonly received: DeviceText[] = [];
  /** Driver texts that were stored and not known before. */
  readonly texts: string[] = [];
  readonly settlements: Settlement[] = [];
  readonly notes: { readonly kind: NoteKind; readonly reason: string }[] = [];
  /** The server that shares the line, and what it is told; whoever plays it takes that out. */
  shared: string | null = null;
  readonly relayed: Buffer[] = [];
  closed: CloseReason | null = null;
  readonly #options: StoredLineOptions;
  readonly #chat: LineChat;
  #session: Session;
  #owner: LineOwner | null = null;

  constructor(options: StoredLineOptions) {
    this.#options = options;
    const { protocol, deviceId, password, profile, clock } = options;
    const directory = new MemoryDirectory({
      trackers: [{ id: TRACKER, deviceId, password, profile, protocol: protocol.name }],
      protocols: [protocol],
    });
    const outbox = { hint: () => Promise.resolve() };
    this.#chat = new LineChat({ store: this.#reachable(), directory, outbox, node: NODE, now: () => clock.now, warn: () => undefined });
    this.#session = this.#newSession();
  }

  /** When the session wants a tick; null: never. */
  get deadline(): number | null {
    return this.closed === null ? this.#session.deadline : null;
  }

  get online(): boolean {
    return this.closed === null && this.#session.identity !== null;
  }

  /** The device is gone and comes back over a new connection. */
  async connect(): Promise<void> {
    await this.step({ type: "end", reason: "peer-closed", graceMs: 0 });
    this.closed = null;
    this.#owner = null;
    this.#session = this.#newSession();
  }

  /** A dispatcher's text enters the outbox, and the line is told. */
  async send(text: string, { urgent = false, choices = null }: SendOptions = {}): Promise<number> {
    const draft = { trackerId: TRACKER, text, employeeId: null, urgent, altered: false, ttlMs: 7 * DAY, rejected: null };
    const submitted = await this.#options.store.submit(choices === null ? draft : { ...draft, choices });
    await this.step({ type: "hint" });
    return submitted.type === "stored" ? submitted.id : 0;
  }

  async step(input: Input): Promise<void> {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.#session.step(next, this.#options.clock.now)) {
        const answer = await this.#perform(effect);
        if (answer !== null) queue.push(answer);
      }
    }
  }

  /** What became of the dispatcher's texts, oldest first. */
  async states(): Promise<readonly string[]> {
    const all = await this.#options.store.list({ trackerId: TRACKER, from: null, to: null, limit: 1_000, ascending: true });
    return all.filter(({ direction }) => direction === "OUTGOING").map(({ state }) => state);
  }

  #newSession(): Session {
    const { protocol, clock } = this.#options;
    return new Session({ protocol, limits: LIMITS, now: clock.now });
  }

  async #perform(effect: Effect): Promise<Input | null> {
    switch (effect.type) {
      case "write":
        this.written.push(Buffer.from(effect.bytes));
        return null;
      case "identify":
        return { type: "identified", verdict: await this.#identify(effect) };
      case "note":
        this.notes.push({ kind: effect.kind, reason: effect.reason });
        return null;
      case "close":
        this.closed = effect.reason;
        if (this.#owner !== null) await this.#chat.logout(TRACKER, this.#owner.epoch);
        return null;
      case "status":
        return null;
      case "share":
        this.shared = effect.target;
        return null;
      case "relay":
        this.relayed.push(Buffer.from(effect.bytes));
        return null;
      case "left":
      case "passed":
      case "receive":
      case "drain":
        return await this.#owned(effect);
    }
  }

  /** What only a line that is logged in asks. */
  async #owned(effect: Extract<Effect, { type: "left" | "passed" | "receive" | "drain" }>): Promise<Input | null> {
    if (this.#owner === null) throw new Error(`${effect.type} before a login`);
    if (effect.type === "receive") return { type: "received", verdict: await this.#receive(this.#owner, effect) };
    if (effect.type === "drain") {
      if (this.up) this.settlements.push(...effect.settlements);
      return { type: "drained", result: await this.#chat.drain(this.#owner, effect) };
    }
    if (effect.type === "passed") await this.#chat.passed(this.#owner);
    else await this.#chat.logout(TRACKER, this.#owner.epoch);
    return null;
  }

  async #identify({ scope, key, password }: Extract<Effect, { type: "identify" }>): Promise<LoginVerdict> {
    if (!this.up) return { type: "unavailable" };
    const { protocol } = this.#options;
    const { verdict, epoch } = await this.#chat.identify({ scope, key, password }, { protocol, address: "10.0.0.1", carrier: null });
    if (verdict.type === "accepted" && epoch !== null) this.#owner = { identity: verdict.identity, protocol, epoch };
    return verdict;
  }

  async #receive(owner: LineOwner, { texts, early }: Extract<Effect, { type: "receive" }>): Promise<"stored" | "unavailable"> {
    this.received.push(...texts);
    const before = await this.#stored();
    const verdict = await this.#chat.receive(owner, texts, early);
    this.texts.push(...(await this.#stored()).slice(before.length));
    return verdict;
  }

  async #stored(): Promise<readonly string[]> {
    const all = await this.#options.store.list({ trackerId: TRACKER, from: null, to: null, limit: 10_000, ascending: true });
    return all.filter(({ direction }) => direction === "INCOMING").map(({ text }) => text);
  }

  /** The store, except that its calls are refused while it cannot be reached. */
  #reachable(): MessageStore {
    return new Proxy(this.#options.store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => (this.up ? member.apply(target, args) : Promise.reject(new StoreUnavailable("planted")));
      },
    });
  }
}

interface SendOptions {
  readonly urgent?: boolean;
  readonly choices?: readonly string[] | null;
}
