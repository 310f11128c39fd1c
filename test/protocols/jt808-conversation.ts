/** The simulated device of JT/T 808 against the real session, on virtual time and over a wire that keeps its order. */
import { Jt808Device, type Jt808DeviceExtras } from "../../protocols/jt808/device.ts";
import { jt808 } from "../../protocols/jt808/index.ts";
import {
  type DeviceOptions,
  type DeviceOutput,
  type Effect,
  type Input,
  Session,
  type Settlement,
  type SimulatedDevice,
} from "../../src/core/index.ts";
import { PROVEN } from "../support/line.ts";
import { LIMITS } from "../support/rehearse.ts";

const OPTIONS: DeviceOptions = {
  deviceId: "13912345678",
  password: null,
  profile: {},
  receipts: "ok",
  lateMs: 20_000,
  reply: null,
  keepAliveMs: 0,
};

/** Everything both sides did, in the order they did it. */
export class Conversation {
  now = 0;
  readonly outputs: DeviceOutput[] = [];
  readonly stored: string[] = [];
  readonly settlements: Settlement[] = [];
  readonly notes: string[] = [];
  closed: string | null = null;
  /** Bytes of the device are lost from now on. */
  deaf = false;
  readonly device: SimulatedDevice;
  readonly #profile: Readonly<Record<string, unknown>>;
  #session: Session;
  /** Bytes of the gateway are lost from now on. */
  mute = false;
  /** The auth code the fleet knows. */
  secret: string | null = "s3cret";
  readonly #choices = new Map<number, readonly string[]>();
  #outbox: { readonly id: number; readonly text: string }[] = [];

  /** Both sides have the same profile unless the gateway is given its own. */
  constructor(options: Partial<DeviceOptions> = {}, extras: Jt808DeviceExtras = {}, gatewayProfile?: Readonly<Record<string, unknown>>) {
    this.device = new Jt808Device({ ...OPTIONS, ...options }, extras);
    this.#profile = gatewayProfile ?? options.profile ?? {};
    this.#session = this.#newSession();
  }

  connect(): void {
    this.closed = null;
    this.deaf = false;
    this.mute = false;
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

  /** `id` is the tag as well; a long text uses the tags behind it. */
  send(id: number, text: string, choices: readonly string[] | null = null): void {
    if (choices !== null) this.#choices.set(id, choices);
    this.#outbox.push({ id, text });
    this.#gateway({ type: "hint" });
  }

  /** Lets time pass, waking each side when it asked to be. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const [device, session] = [this.device.deadline ?? Infinity, this.closed === null ? (this.#session.deadline ?? Infinity) : Infinity];
      const at = Math.min(device, session);
      if (at > until) break;
      this.now = Math.max(this.now, at);
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

  #newSession(): Session {
    return new Session({ protocol: jt808, limits: LIMITS, now: this.now });
  }

  #device(outputs: readonly DeviceOutput[]): void {
    this.outputs.push(...outputs);
    for (const output of outputs)
      if (output.type === "write" && !this.deaf) this.#gateway({ type: "bytes", chunk: Buffer.from(output.bytes) });
  }

  #gateway(input: Input): void {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      for (const effect of this.#session.step(next, this.now)) this.#perform(effect, queue);
  }

  #perform(effect: Effect, queue: Input[]): void {
    if (effect.type === "write" && !this.mute) this.#device(this.device.received(Buffer.from(effect.bytes), this.now));
    if (effect.type === "note") this.notes.push(effect.kind);
    if (effect.type === "close") this.closed = effect.reason;
    if (effect.type === "identify") {
      const identity = { trackerId: 1, deviceId: effect.key, profile: this.#profile, secret: this.secret };
      const known = effect.scope === "register" || this.secret === null || effect.password === this.secret;
      queue.push({
        type: "identified",
        verdict: known ? { type: "accepted", identity, standing: PROVEN } : { type: "refused", reason: "wrong-password" },
      });
    }
    if (effect.type === "receive") {
      this.stored.push(...effect.texts.map(({ text }) => text));
      queue.push({ type: "received", verdict: "stored" });
    }
    if (effect.type === "drain") queue.push(this.#drain(effect));
  }

  #drain(effect: Extract<Effect, { type: "drain" }>): Input {
    this.settlements.push(...effect.settlements);
    const ended = new Set(effect.settlements.flatMap((one) => ("id" in one ? [one.id] : [])));
    this.#outbox = this.#outbox.filter(({ id }) => !ended.has(id));
    const free = this.#outbox.filter(({ id }) => !effect.held.includes(id));
    const texts = free
      .slice(0, effect.room)
      .map(({ id, text }) => ({ id, text, urgent: false, attempt: 1, tag: id, partsAcked: 0, choices: this.#choices.get(id) ?? null }));
    return { type: "drained", result: { type: "drained", texts, waiting: free.length - texts.length, dueInMs: null } };
  }
}
