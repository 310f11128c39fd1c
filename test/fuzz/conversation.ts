/** A simulated device and a session talk until neither has more to say: where valid frames come from. */
import { type DeviceOutput, type Effect, type Input, type Profile, type Protocol, Session } from "../../src/core/index.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";
import { LIMITS } from "../support/rehearse.ts";

export interface Conversation {
  readonly up: Buffer;
  readonly down: Buffer;
}

/** Texts that wait in the outbox while the device says its own. */
const ORDERS = ["Where are you?", "Привет", "\u{1F600} ok"];
/** Turns of a second each: retransmissions and keep-alives of a device that hears nothing fit into it. */
const TURNS = 40;

export function conversation(protocol: Protocol, profile: Profile, deviceId: string): Conversation {
  const talk = new Talk(protocol, profile, deviceId);
  talk.connect();
  const texts = Object.values(HOSTILE_TEXTS);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const text = texts[turn];
    if (text !== undefined) talk.say(text);
    talk.second();
  }
  return { up: Buffer.concat(talk.up), down: Buffer.concat(talk.down) };
}

class Talk {
  readonly up: Buffer[] = [];
  readonly down: Buffer[] = [];
  readonly #profile: Profile;
  readonly #session: Session;
  readonly #device: ReturnType<Protocol["device"]>;
  #now = 0;
  #waiting = [...ORDERS];

  constructor(protocol: Protocol, profile: Profile, deviceId: string) {
    this.#profile = profile;
    this.#session = new Session({ protocol, limits: LIMITS, now: 0, environment: { wallClock: () => 1_795_305_600_000 + this.#now } });
    this.#device = protocol.device({ deviceId, password: null, profile, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 5_000 });
  }

  connect(): void {
    this.#perform(this.#device.connected(this.#now));
  }

  say(text: string): void {
    this.#perform(this.#device.say(text, this.#now));
    this.#perform(this.#device.position(this.#now));
  }

  second(): void {
    this.#now += 1_000;
    this.#perform(this.#device.tick(this.#now));
    this.#step({ type: "tick" });
    this.#step({ type: "hint" });
  }

  #perform(outputs: readonly DeviceOutput[]): void {
    for (const output of outputs) {
      if (output.type !== "write") continue;
      this.up.push(Buffer.from(output.bytes));
      this.#step({ type: "bytes", chunk: Buffer.from(output.bytes) });
    }
  }

  #step(input: Input): void {
    const queue = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.#session.step(next, this.#now)) {
        if (effect.type === "write") {
          this.down.push(Buffer.from(effect.bytes));
          this.#perform(this.#device.received(Buffer.from(effect.bytes), this.#now));
        }
        const answer = this.#answer(effect);
        if (answer !== null) queue.push(answer);
      }
    }
  }

  #answer(effect: Effect): Input | null {
    if (effect.type === "receive") return { type: "received", verdict: "stored" };
    if (effect.type === "drain") {
      const texts = this.#waiting.splice(0, effect.room).map((text) => {
        const id = ORDERS.indexOf(text) + 1;
        return { id, text, urgent: false, attempt: 1, tag: id * 16, partsAcked: 0, choices: id === 1 ? ["yes", "no"] : null };
      });
      return { type: "drained", result: { type: "drained", texts, waiting: this.#waiting.length, dueInMs: null } };
    }
    if (effect.type !== "identify") return null;
    const identity = { trackerId: 1, deviceId: effect.key, profile: this.#profile, secret: null };
    return { type: "identified", verdict: { type: "accepted", identity, standing: { proven: true, closings: 0, sinceClosingMs: null } } };
  }
}
