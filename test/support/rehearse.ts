/** Plays a transcript against the real Session and the real use cases of a line, on virtual time and a store, and says what differs from it. */
import type { Tracker } from "../../src/chat/fleet.ts";
import { LineChat, type LineOwner } from "../../src/chat/lines.ts";
import type { Message } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import {
  type Effect,
  type Input,
  type Profile,
  type Protocol,
  Session,
  type Step,
  startsWith,
  type Transcript,
  type UnitLabel,
} from "../../src/core/index.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { failing } from "./failing-store.ts";
import { MemoryDirectory } from "./fleet.ts";
import { LIMITS } from "./limits.ts";

export { LIMITS };

export interface Rehearsal {
  /** Each difference as one line; empty: the conversation went as the transcript says. */
  readonly differences: readonly string[];
}

const NODE = "rehearsal";
const DAY = 86_400_000;
const ADDRESS = "192.0.2.1";

/** `store` must take its time from `clock.now`. */
interface World {
  readonly store: MessageStore;
  readonly clock: { now: number };
  readonly profile: Profile;
}

/** `cut` says how up-going bytes are segmented (default: whole). */
export async function rehearse(
  transcript: Transcript,
  protocol: Protocol,
  world: World,
  cut: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes],
): Promise<Rehearsal> {
  const stage = new Stage(transcript, protocol, world);
  for (const step of transcript.steps) await stage.play(step, cut);
  stage.expectQuiet("at the end");
  return { differences: stage.differences };
}

/** The trackers of a transcript: its device, and the units beside it. */
export function fleetOf(
  { deviceId, password, units }: Transcript,
  protocol: Protocol,
  profile: Profile,
): readonly (Pick<Tracker, "id"> & Partial<Tracker>)[] {
  const own = deviceId === "" ? [] : [{ id: 1, deviceId, password, profile, protocol: protocol.name }];
  const beside = units.map((unit, place) => ({
    id: 2 + place,
    userId: unit.foreign ? 2 : 1,
    deviceId: unit.deviceId,
    password: unit.password,
    profile: checkedProfile(protocol, unit.profile),
    protocol: protocol.name,
  }));
  return [...own, ...beside];
}

class Stage {
  readonly differences: string[] = [];
  readonly #transcript: Transcript;
  readonly #protocol: Protocol;
  readonly #store: MessageStore;
  readonly #clock: { now: number };
  readonly #directory: MemoryDirectory;
  readonly #lines: LineChat;
  #session: Session;
  readonly #owners = new Map<UnitLabel, LineOwner>();
  #up = true;
  #written: Buffer = Buffer.alloc(0);
  /** Ids of the dispatcher's texts, by tracker and words. */
  readonly #ids = new Map<string, number>();
  readonly #texts: Message[] = [];
  readonly #settled: { readonly tracker: number; readonly outcome: string; readonly reason: string | null }[] = [];
  #notes: string[] = [];
  #closed: string | null = null;

  constructor(transcript: Transcript, protocol: Protocol, { store, clock, profile }: World) {
    this.#transcript = transcript;
    this.#protocol = protocol;
    this.#store = store;
    this.#clock = clock;
    this.#directory = new MemoryDirectory({ trackers: fleetOf(transcript, protocol, profile), protocols: [protocol] });
    this.#lines = new LineChat({
      store: failing(store, () => !this.#up),
      directory: this.#directory,
      outbox: { hint: () => Promise.resolve() },
      node: NODE,
      now: () => clock.now,
      warn: () => undefined,
    });
    this.#session = new Session({ protocol, limits: LIMITS, now: clock.now });
  }

  async play(step: Step, cut: (bytes: Buffer) => readonly Buffer[]): Promise<void> {
    if (isInput(step)) this.expectQuiet(`before line ${step.line}`);
    switch (step.type) {
      case "up":
        for (const piece of cut(step.bytes)) await this.#step({ type: "bytes", chunk: Buffer.from(piece) });
        return;
      case "send":
        await this.#submit(step);
        return this.#step({ type: "hint", unit: this.#labelOf(step) });
      case "cancel":
        await this.#store.cancel(this.#trackerOf(step), this.#idOf(step, step.text));
        return this.#step({ type: "hint", news: "withdrawal", unit: this.#labelOf(step) });
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
    const { text, urgent, choices } = step;
    const trackerId = this.#trackerOf(step);
    const draft = { trackerId, text, employeeId: null, urgent, altered: false, ttlMs: 7 * DAY, rejected: null };
    const submitted = await this.#store.submit(choices === null ? draft : { ...draft, choices });
    if (submitted.type === "stored") this.#ids.set(`${trackerId} ${text}`, submitted.id);
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
        return this.#identify(effect);
      case "note":
        this.#notes.push(effect.kind);
        return null;
      case "close":
        this.#closed = effect.reason;
        for (const { identity, epoch } of this.#owners.values()) await this.#lines.logout(identity.trackerId, epoch);
        return null;
      case "status":
      case "share":
      case "relay":
        return null;
      default:
        return this.#performFor(this.#owners.get(effect.unit), effect);
    }
  }

  async #performFor(
    owner: LineOwner | undefined,
    effect: Extract<Effect, { type: "receive" | "drain" | "passed" | "left" }>,
  ): Promise<Input | null> {
    if (owner === undefined) return null;
    if (effect.type === "receive") return { type: "received", verdict: await this.#receive(owner, effect) };
    if (effect.type === "drain") return { type: "drained", unit: effect.unit, result: await this.#drain(owner, effect) };
    if (effect.type === "passed") await this.#lines.passed(owner);
    else await this.#lines.logout(owner.identity.trackerId, owner.epoch);
    return null;
  }

  async #identify(effect: Extract<Effect, { type: "identify" }>): Promise<Input> {
    const carrier = this.#owners.get(undefined)?.identity ?? null;
    const { verdict, epoch } = await this.#lines.identify(effect, { protocol: this.#protocol, address: ADDRESS, carrier });
    const unit = effect.scope === "unit" ? effect.key : undefined;
    if (verdict.type === "accepted" && epoch !== null)
      this.#owners.set(unit, { identity: verdict.identity, protocol: this.#protocol, epoch });
    return { type: "identified", verdict };
  }

  async #receive(owner: LineOwner, { texts, early }: Extract<Effect, { type: "receive" }>): Promise<"stored" | "unavailable"> {
    const { trackerId } = owner.identity;
    const known = await this.#lastId(trackerId);
    const verdict = await this.#lines.receive(owner, texts, early);
    const query = { trackerId, from: null, to: null, limit: texts.length, ascending: false };
    const stored = (await this.#store.list(query)).filter(({ id, direction }) => id > known && direction === "INCOMING");
    this.#texts.push(...[...stored].reverse());
    return verdict;
  }

  async #lastId(trackerId: number): Promise<number> {
    const [last] = await this.#store.list({ trackerId, from: null, to: null, limit: 1, ascending: false });
    return last?.id ?? 0;
  }

  async #drain(owner: LineOwner, effect: Extract<Effect, { type: "drain" }>): Promise<Extract<Input, { type: "drained" }>["result"]> {
    const result = await this.#lines.drain(owner, effect);
    if (result.type === "unavailable") return result;
    const tracker = owner.identity.trackerId;
    for (const settlement of effect.settlements) {
      const { type: outcome } = settlement;
      if (outcome === "delivered" || outcome === "unconfirmed") this.#settled.push({ tracker, outcome, reason: null });
      if (outcome === "rejected") this.#settled.push({ tracker, outcome, reason: settlement.reason });
    }
    return result;
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
    this.#expect(step.line, "tracker", stored?.trackerId, this.#trackerOf(step));
    if (step.answers !== null) this.#expect(step.line, "answered message", stored?.answers, this.#idOf(step, step.answers));
  }

  async #expectRead(step: Extract<Step, { type: "read" }>): Promise<void> {
    const [message] = await this.#store.find([this.#idOf(step, step.text)]);
    this.#expect(step.line, "state", message?.state, "read");
  }

  #expectSettled(step: Extract<Step, { type: "settled" }>): void {
    const settled = this.#settled.shift();
    this.#expect(step.line, "settlement", settled?.outcome, step.outcome);
    this.#expect(step.line, "tracker", settled?.tracker, this.#trackerOf(step));
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

  #trackerOf({ unit }: { readonly unit: string | null }): number {
    return this.#directory.trackerOfDevice(unit ?? this.#transcript.deviceId)?.id ?? 0;
  }

  /** What the session calls it. */
  #labelOf({ unit }: { readonly unit: string | null }): UnitLabel {
    return unit !== null && this.#owners.has(unit) ? unit : undefined;
  }

  #idOf(step: { readonly unit: string | null }, words: string): number {
    return this.#ids.get(`${this.#trackerOf(step)} ${words}`) ?? 0;
  }
}

function isInput(step: Step): boolean {
  return ["up", "send", "cancel", "wait", "connect", "store"].includes(step.type);
}

function show(bytes: Buffer): string {
  return `${bytes.toString("hex")} ${JSON.stringify(bytes.toString("utf8"))}`;
}
