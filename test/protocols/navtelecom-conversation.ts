/** The simulated device of Navtelecom against the real session, on virtual time and over a wire that keeps its order. */
import { navtelecom } from "../../protocols/navtelecom/index.ts";
import {
  type DeviceOptions,
  type DeviceOutput,
  type DeviceText,
  type Effect,
  type Input,
  Session,
  type Settlement,
  type SimulatedDevice,
} from "../../src/core/index.ts";
import { PROVEN } from "../support/line.ts";
import { LIMITS } from "../support/rehearse.ts";

const OPTIONS: DeviceOptions = {
  deviceId: "866795031410689",
  password: null,
  profile: {},
  receipts: "ok",
  lateMs: 12_000,
  reply: null,
  keepAliveMs: 0,
};

/** Everything both sides did, in the order they did it. */
export class Conversation {
  now = 0;
  readonly outputs: DeviceOutput[] = [];
  readonly stored: DeviceText[] = [];
  readonly settlements: Settlement[] = [];
  readonly notes: string[] = [];
  /** Names of parts that the store was told. */
  readonly named: string[] = [];
  readonly down: string[] = [];
  closed: string | null = null;
  /** Bytes of the gateway are lost while this holds. */
  deaf = false;
  storeDown = false;
  readonly device: SimulatedDevice;
  readonly #profile: Readonly<Record<string, unknown>>;
  readonly #cut: number;
  #session: Session;
  #outbox: { readonly id: number; readonly text: string }[] = [];

  /** `cut`: how many bytes of the device arrive at once. */
  constructor(options: Partial<DeviceOptions> = {}, gatewayProfile: Readonly<Record<string, unknown>> = {}, cut = Infinity) {
    this.device = navtelecom.device({ ...OPTIONS, ...options });
    this.#profile = gatewayProfile;
    this.#cut = cut;
    this.#session = this.#newSession();
  }

  connect(): void {
    this.closed = null;
    this.#session = this.#newSession();
    this.#device(this.device.connected(this.now));
  }

  say(text: string): void {
    this.#device(this.device.say(text, this.now));
  }

  position(): void {
    this.#device(this.device.position(this.now));
  }

  send(id: number, text: string): void {
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

  words(): readonly string[] {
    return this.stored.map(({ text }) => text);
  }

  #newSession(): Session {
    return new Session({ protocol: navtelecom, limits: LIMITS, now: this.now });
  }

  #device(outputs: readonly DeviceOutput[]): void {
    this.outputs.push(...outputs);
    for (const output of outputs) {
      if (output.type !== "write") continue;
      for (let at = 0; at < output.bytes.length; at += this.#cut)
        this.#gateway({ type: "bytes", chunk: Buffer.from(output.bytes.subarray(at, at + this.#cut)) });
    }
  }

  #gateway(input: Input): void {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      for (const effect of this.#session.step(next, this.now)) this.#perform(effect, queue);
  }

  #perform(effect: Effect, queue: Input[]): void {
    if (effect.type === "write") this.#written(effect.bytes);
    if (effect.type === "note") this.notes.push(effect.kind);
    if (effect.type === "close") this.closed = effect.reason;
    if (effect.type === "identify") {
      const identity = { trackerId: 1, deviceId: effect.key, profile: this.#profile, secret: null };
      queue.push({ type: "identified", verdict: { type: "accepted", identity, standing: PROVEN } });
    }
    if (effect.type === "receive") {
      if (!this.storeDown) this.stored.push(...effect.texts);
      queue.push({ type: "received", verdict: this.storeDown ? "unavailable" : "stored" });
    }
    if (effect.type === "drain") queue.push(this.#drain(effect));
  }

  #written(bytes: Buffer): void {
    this.down.push(bytes.toString("hex"));
    if (!this.deaf) this.#device(this.device.received(Buffer.from(bytes), this.now));
  }

  #drain(effect: Extract<Effect, { type: "drain" }>): Input {
    this.settlements.push(...effect.settlements);
    this.named.push(...(effect.tags ?? []).map(({ tag }) => tag));
    const ended = new Set(effect.settlements.flatMap((one) => ("id" in one && one.type !== "progress" ? [one.id] : [])));
    this.#outbox = this.#outbox.filter(({ id }) => !ended.has(id));
    const free = this.#outbox.filter(({ id }) => !effect.held.includes(id));
    const texts = free
      .slice(0, effect.room)
      .map(({ id, text }) => ({ id, text, urgent: false, attempt: 1, tag: id * 10, partsAcked: 0, choices: null }));
    return { type: "drained", result: { type: "drained", texts, waiting: free.length - texts.length, dueInMs: null } };
  }
}
