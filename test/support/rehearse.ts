/** Plays a transcript against the real Session on virtual time and a store, and says what differs from it. */
import { deviceKey } from "../../src/chat/fleet.ts";
import { linkLate } from "../../src/chat/late-answers.ts";
import type { Message } from "../../src/chat/message.ts";
import { type MessageStore, StoreUnavailable } from "../../src/chat/ports.ts";
import {
  type Effect,
  type Input,
  type LoginVerdict,
  type Protocol,
  Session,
  type SessionLimits,
  type Step,
  startsWith,
  type Transcript,
} from "../../src/core/index.ts";

export const LIMITS: SessionLimits = {
  loginMs: 15_000,
  idleMs: 900_000,
  halfFrameMs: 30_000,
  receiptMs: 15_000,
  strikes: 10,
  loginAttempts: 3,
};

export interface Rehearsal {
  /** Each difference as one line; empty: the conversation went as the transcript says. */
  readonly differences: readonly string[];
}

const TRACKER = 1;
const NODE = "rehearsal";
const DAY = 86_400_000;

/** `store` must take its time from `clock.now`; `cut` says how up-going bytes are segmented (default: whole). */
export async function rehearse(
  transcript: Transcript,
  protocol: Protocol,
  world: { readonly store: MessageStore; readonly clock: { now: number }; readonly profile: Readonly<Record<string, unknown>> },
  cut: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes],
): Promise<Rehearsal> {
  const stage = new Stage(transcript, protocol, world);
  for (const step of transcript.steps) await stage.play(step, cut);
  stage.expectQuiet("at the end");
  return { differences: stage.differences };
}

class Stage {
  readonly differences: string[] = [];
  readonly #transcript: Transcript;
  readonly #protocol: Protocol;
  readonly #store: MessageStore;
  readonly #clock: { now: number };
  readonly #profile: Readonly<Record<string, unknown>>;
  #session: Session;
  #epoch = 0;
  #up = true;
  #written: Buffer = Buffer.alloc(0);
  /** Ids of the dispatcher's texts, by their words. */
  readonly #ids = new Map<string, number>();
  readonly #texts: Message[] = [];
  readonly #settled: { readonly outcome: string; readonly reason: string | null }[] = [];
  #notes: string[] = [];
  #closed: string | null = null;

  constructor(
    transcript: Transcript,
    protocol: Protocol,
    world: { readonly store: MessageStore; readonly clock: { now: number }; readonly profile: Readonly<Record<string, unknown>> },
  ) {
    this.#transcript = transcript;
    this.#protocol = protocol;
    this.#store = world.store;
    this.#clock = world.clock;
    this.#profile = world.profile;
    this.#session = new Session({ protocol, limits: LIMITS, now: world.clock.now });
  }

  async play(step: Step, cut: (bytes: Buffer) => readonly Buffer[]): Promise<void> {
    if (isInput(step)) this.expectQuiet(`before line ${step.line}`);
    switch (step.type) {
      case "up":
        for (const piece of cut(step.bytes)) await this.#step({ type: "bytes", chunk: Buffer.from(piece) });
        return;
      case "send":
        await this.#submit(step);
        return this.#step({ type: "hint" });
      case "cancel":
        await this.#store.cancel(TRACKER, this.#ids.get(step.text) ?? 0);
        return this.#step({ type: "hint", news: "withdrawal" });
      case "wait":
        return this.#wait(step.ms);
      case "connect":
        return this.#connect();
      case "store":
        this.#up = step.up;
        return;
      case "down":
        return this.#expectBytes(step);
      case "text":
        return this.#expectText(step);
      case "read":
        return this.#expectRead(step);
      case "settled":
        return this.#expectSettled(step);
      case "note":
        return this.#expectNote(step);
      case "closed":
        this.#expect(step.line, "close reason", this.#closed, step.reason);
        this.#closed = null;
    }
  }

  expectQuiet(when: string): void {
    if (this.#written.length > 0) this.differences.push(`${when}: unexpected bytes ${show(this.#written)}`);
    if (this.#texts.length > 0)
      this.differences.push(`${when}: unexpected texts ${this.#texts.map(({ text }) => JSON.stringify(text)).join()}`);
    if (this.#closed !== null) this.differences.push(`${when}: closed unexpectedly: ${this.#closed}`);
    this.#written = Buffer.alloc(0);
    this.#texts.length = 0;
    this.#closed = null;
  }

  async #submit(step: Extract<Step, { type: "send" }>): Promise<void> {
    const { text, urgent } = step;
    const draft = { trackerId: TRACKER, text, employeeId: null, urgent, altered: false, ttlMs: 7 * DAY, rejected: null };
    const submitted = await this.#store.submit(step.choices === null ? draft : { ...draft, choices: step.choices });
    if (submitted.type === "stored") this.#ids.set(text, submitted.id);
  }

  async #connect(): Promise<void> {
    await this.#step({ type: "end", reason: "peer-closed", graceMs: 0 });
    this.#closed = null;
    this.#session = new Session({ protocol: this.#protocol, limits: LIMITS, now: this.#clock.now });
  }

  async #wait(ms: number): Promise<void> {
    const until = this.#clock.now + ms;
    for (let turns = 0; turns < 10_000; turns += 1) {
      const at = this.#session.deadline;
      if (at === null || at > until) break;
      this.#clock.now = Math.max(this.#clock.now, at);
      await this.#step({ type: "tick" });
    }
    this.#clock.now = until;
  }

  async #step(input: Input): Promise<void> {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.#session.step(next, this.#clock.now)) {
        const answer = await this.#perform(effect);
        if (answer !== null) queue.push(answer);
      }
    }
  }

  async #perform(effect: Effect): Promise<Input | null> {
    switch (effect.type) {
      case "write":
        this.#written = Buffer.concat([this.#written, effect.bytes]);
        return null;
      case "identify":
        return { type: "identified", verdict: await this.#identify(effect) };
      case "receive":
        return { type: "received", verdict: await this.#receive(effect) };
      case "drain":
        return { type: "drained", result: await this.#drain(effect) };
      case "note":
        this.#notes.push(effect.kind);
        return null;
      case "close":
        this.#closed = effect.reason;
        await this.#store.logout(TRACKER, this.#epoch);
        return null;
      case "passed":
        await this.#store.passed(TRACKER, this.#epoch);
        return null;
      case "status":
        return null;
    }
  }

  async #identify(effect: Extract<Effect, { type: "identify" }>): Promise<LoginVerdict> {
    if (!this.#up) return { type: "unavailable" };
    const { deviceId, password: secret } = this.#transcript;
    if (deviceKey(effect.key) !== deviceKey(deviceId)) return { type: "refused", reason: "unknown-device" };
    if (effect.scope === "login" && secret !== null && secret !== effect.password) return { type: "refused", reason: "wrong-password" };
    const identity = { trackerId: TRACKER, deviceId, profile: this.#profile, secret };
    if (effect.scope === "register") return { type: "accepted", identity, standing: { proven: false, closings: 0, sinceClosingMs: null } };
    const login = await this.#store.login({ trackerId: TRACKER, node: NODE, protocol: this.#protocol.name });
    this.#epoch = login.epoch;
    return { type: "accepted", identity, standing: login.standing };
  }

  async #receive(effect: Extract<Effect, { type: "receive" }>): Promise<"stored" | "unavailable"> {
    if (!this.#up) return "unavailable";
    const { early } = effect;
    const texts = await linkLate(this.#store, TRACKER, effect.texts);
    const known = await this.#lastId();
    const received = await this.#store.receive({ trackerId: TRACKER, epoch: this.#epoch, employeeId: null, texts, early });
    const stored = await this.#store.find(received.ids.filter((id) => id > known));
    this.#texts.push(...stored.filter((message) => message !== null));
    return "stored";
  }

  async #lastId(): Promise<number> {
    const [last] = await this.#store.list({ trackerId: TRACKER, from: null, to: null, limit: 1, ascending: false });
    return last?.id ?? 0;
  }

  async #drain(effect: Extract<Effect, { type: "drain" }>): Promise<Extract<Input, { type: "drained" }>["result"]> {
    if (!this.#up) return { type: "unavailable" };
    for (const settlement of effect.settlements) {
      if (settlement.type === "delivered" || settlement.type === "unconfirmed")
        this.#settled.push({ outcome: settlement.type, reason: null });
      if (settlement.type === "rejected") this.#settled.push({ outcome: "rejected", reason: settlement.reason });
    }
    const { settlements, tags = [], held, room } = effect;
    const { attempts: maxAttempts, maxBytes } = this.#protocol.capabilities;
    const own = this.#profile["maxBytes"];
    const tagBytes = typeof own === "number" ? own : maxBytes;
    try {
      return await this.#store.drain({ trackerId: TRACKER, epoch: this.#epoch, settlements, tags, held, room, maxAttempts, tagBytes });
    } catch (error) {
      if (error instanceof StoreUnavailable) return { type: "unavailable" };
      throw error;
    }
  }

  #expectBytes(step: Extract<Step, { type: "down" }>): void {
    if (!startsWith(this.#written, step.pattern)) {
      const wanted = step.pattern.map((byte) => (byte === null ? "??" : byte.toString(16).padStart(2, "0"))).join("");
      this.differences.push(`line ${step.line}: expected bytes ${wanted}, got ${show(this.#written)}`);
    }
    this.#written = this.#written.subarray(step.pattern.length);
  }

  #expectText(step: Extract<Step, { type: "text" }>): void {
    const stored = this.#texts.shift();
    this.#expect(step.line, "stored text", stored?.text, step.text);
    if (step.answers !== null) this.#expect(step.line, "answered message", stored?.answers, this.#ids.get(step.answers));
  }

  async #expectRead(step: Extract<Step, { type: "read" }>): Promise<void> {
    const [message] = await this.#store.find([this.#ids.get(step.text) ?? 0]);
    this.#expect(step.line, "state", message?.state, "read");
  }

  #expectSettled(step: Extract<Step, { type: "settled" }>): void {
    const settled = this.#settled.shift();
    this.#expect(step.line, "settlement", settled?.outcome, step.outcome);
    if (step.reason !== null) this.#expect(step.line, "reason", settled?.reason, step.reason);
  }

  #expectNote(step: Extract<Step, { type: "note" }>): void {
    const at = this.#notes.indexOf(step.kind);
    if (at === -1) this.differences.push(`line ${step.line}: expected a note ${step.kind}, got ${this.#notes.join(", ") || "none"}`);
    this.#notes = this.#notes.slice(at + 1);
  }

  #expect(line: number, what: string, got: unknown, wanted: unknown): void {
    if (got !== wanted)
      this.differences.push(`line ${line}: expected ${what} ${JSON.stringify(wanted)}, got ${JSON.stringify(got ?? null)}`);
  }
}

function isInput(step: Step): boolean {
  return ["up", "send", "cancel", "wait", "connect", "store"].includes(step.type);
}

function show(bytes: Buffer): string {
  return `${bytes.toString("hex")} ${JSON.stringify(bytes.toString("utf8"))}`;
}
