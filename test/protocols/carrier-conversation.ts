/** The simulated device of a carrier against the real session, on virtual time and over a wire that keeps its order. */
import {
  type DeviceOptions,
  type DeviceOutput,
  type Effect,
  type Input,
  type Protocol,
  Session,
  type Settlement,
  type SimulatedDevice,
} from "../../src/core/index.ts";
import { PROVEN } from "../support/line.ts";
import { LIMITS } from "../support/rehearse.ts";

interface Queued {
  readonly id: number;
  readonly text: string;
  readonly urgent: boolean;
  readonly choices: readonly string[] | null;
  attempt: number;
  partsAcked: number;
}

interface World {
  /** The gateway's profile where it differs from the device's. */
  readonly gatewayProfile?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970 at time 0; absent: no clock. */
  readonly epoch?: number;
}

/** Tags of one text. */
const TAGS_EACH = 16;

/** Everything both sides did, in the order they did it. */
export class CarrierConversation {
  now = 0;
  readonly outputs: DeviceOutput[] = [];
  readonly stored: string[] = [];
  /** Ids of the messages that driver texts answered, with their choice. */
  readonly answered: string[] = [];
  readonly settlements: Settlement[] = [];
  readonly notes: string[] = [];
  /** What the gateway wrote, in writes. */
  readonly written: Buffer[] = [];
  closed: string | null = null;
  /** The store cannot be reached. */
  storeDown = false;
  /** Bytes of the device are lost. */
  deaf = false;
  /** Bytes of the gateway are lost. */
  mute = false;
  readonly device: SimulatedDevice;
  readonly #protocol: Protocol;
  readonly #profile: Readonly<Record<string, unknown>>;
  readonly #world: World;
  #session: Session;
  #outbox: Queued[] = [];
  /** On its way to the device; the first is what it reads now. */
  readonly #wire: Buffer[] = [];
  readonly #serials = new Set<string>();
  readonly #withdrawn = new Set<number>();

  constructor(protocol: Protocol, options: Partial<DeviceOptions> & Pick<DeviceOptions, "deviceId">, world: World = {}) {
    this.#protocol = protocol;
    this.#world = world;
    const defaults = { password: null, profile: {}, receipts: "ok", lateMs: 20_000, reply: null, keepAliveMs: 0 } as const;
    this.device = protocol.device({ ...defaults, ...options });
    this.#profile = world.gatewayProfile ?? options.profile ?? {};
    this.#session = this.#newSession();
  }

  connect(): void {
    this.closed = null;
    this.mute = false;
    this.deaf = false;
    this.#session = this.#newSession();
    this.#device(this.device.connected(this.now));
  }

  say(text: string): void {
    this.#device(this.device.say(text, this.now));
  }

  position(): void {
    this.#device(this.device.position(this.now));
  }

  choose(choice: number): void {
    this.#device(this.device.choose?.(choice, this.now) ?? []);
  }

  send(id: number, text: string, options: { readonly urgent?: boolean; readonly choices?: readonly string[] } = {}): void {
    const { urgent = false, choices = null } = options;
    this.#outbox.push({ id, text, urgent, choices, attempt: 0, partsAcked: 0 });
    this.#gateway({ type: "hint" });
  }

  /** The dispatcher withdraws a text. */
  cancel(id: number): void {
    this.#outbox = this.#outbox.filter((queued) => queued.id !== id);
    this.#withdrawn.add(id);
    this.#gateway({ type: "hint", news: "withdrawal" });
  }

  /** Lets time pass, waking each side when it asked to be. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const device = this.device.deadline ?? Infinity;
      const session = this.closed === null ? (this.#session.deadline ?? Infinity) : Infinity;
      if (Math.min(device, session) > until) break;
      this.now = Math.max(this.now, Math.min(device, session));
      if (device <= this.now) this.#device(this.device.tick(this.now));
      if (session <= this.now) this.#gateway({ type: "tick" });
    }
    this.now = until;
  }

  kinds(): readonly string[] {
    return this.outputs.map((output) => output.type).filter((type) => type !== "write");
  }

  shown(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "shown" ? [output.text] : []));
  }

  acknowledged(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "acknowledged" ? [output.text] : []));
  }

  settled(): readonly string[] {
    return this.settlements.map((one) => ("id" in one ? `${one.type} ${one.id}` : one.type));
  }

  #newSession(): Session {
    const { epoch } = this.#world;
    const environment = epoch === undefined ? {} : { wallClock: () => epoch + this.now };
    return new Session({ protocol: this.#protocol, limits: LIMITS, now: this.now, environment });
  }

  #device(outputs: readonly DeviceOutput[]): void {
    this.outputs.push(...outputs);
    for (const output of outputs)
      if (output.type === "write" && !this.deaf) this.#gateway({ type: "bytes", chunk: Buffer.from(output.bytes) });
  }

  /** Everything that one input leads to is performed in order before the device is heard again. */
  #gateway(input: Input): void {
    const queue: Input[] = [input];
    const written: Buffer[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      for (const effect of this.#session.step(next, this.now)) this.#perform(effect, queue, written);
    this.written.push(...written);
    if (this.mute) return;
    const carrying = this.#wire.length > 0;
    this.#wire.push(...written);
    if (carrying) return;
    for (let bytes = this.#wire[0]; bytes !== undefined; bytes = this.#wire[0]) {
      this.#device(this.device.received(Buffer.from(bytes), this.now));
      this.#wire.shift();
    }
  }

  #perform(effect: Effect, queue: Input[], written: Buffer[]): void {
    if (effect.type === "write") written.push(Buffer.from(effect.bytes));
    if (effect.type === "note") this.notes.push(effect.kind);
    if (effect.type === "close") this.closed = effect.reason;
    if (effect.type === "identify") {
      const identity = { trackerId: 1, deviceId: effect.key, profile: this.#profile, secret: null };
      queue.push({ type: "identified", verdict: { type: "accepted", identity, standing: PROVEN } });
    }
    if (effect.type === "receive") queue.push({ type: "received", verdict: this.#receive(effect) });
    if (effect.type === "drain") queue.push(this.#drain(effect));
  }

  #receive({ texts }: Extract<Effect, { type: "receive" }>): "stored" | "unavailable" {
    if (this.storeDown) return "unavailable";
    for (const { text, serial, answers } of texts) {
      if (serial !== null && this.#serials.has(serial)) continue;
      if (serial !== null) this.#serials.add(serial);
      this.stored.push(text);
      if (answers !== null) this.answered.push(`${answers.messageId}:${answers.choice}`);
    }
    return "stored";
  }

  #settle(one: Settlement): void {
    if (one.type === "progress") for (const queued of this.#outbox) if (queued.id === one.id) queued.partsAcked = one.parts;
    if (one.type === "delivered" || one.type === "rejected") this.#outbox = this.#outbox.filter(({ id }) => id !== one.id);
  }

  #drain(effect: Extract<Effect, { type: "drain" }>): Input {
    this.settlements.push(...effect.settlements);
    for (const one of effect.settlements) this.#settle(one);
    const free = this.#outbox.filter(({ id }) => !effect.held.includes(id));
    const texts = free.slice(0, effect.room).map((queued) => {
      queued.attempt += 1;
      return { ...queued, tag: queued.id * TAGS_EACH };
    });
    const withdrawn = effect.held.filter((id) => this.#withdrawn.has(id));
    return { type: "drained", result: { type: "drained", texts, waiting: free.length - texts.length, dueInMs: null, withdrawn } };
  }
}
