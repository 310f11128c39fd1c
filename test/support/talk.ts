/** A protocol's simulated device in conversation with the gateway, on virtual time and over a wire that keeps its order. */
import type { DeviceOptions, DeviceOutput, Profile, Protocol, SimulatedDevice } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { PlayedUpstream } from "./played-upstream.ts";
import { StoredLine } from "./stored-line.ts";

const START = Date.UTC(2026, 10, 22);
/** A device whose line was closed comes back after this long. */
const RECONNECT_MS = 1_000;
/** Rounds of one exchange: more means that the two sides answer each other without end. */
const MAX_ROUNDS = 10_000;
/** Wake-ups without any time in between: more means that a deadline stays although its tick was called. */
const MAX_WAKES = 1_000;

export interface TalkOptions extends Partial<DeviceOptions> {
  readonly deviceId: string;
  /** Checked; both sides have it. */
  readonly profile: Profile;
}

export class Talk {
  readonly line: StoredLine;
  readonly device: SimulatedDevice;
  /** Called where the profile names one. */
  readonly upstream: PlayedUpstream;
  /** Everything the device did, in order. */
  readonly outputs: DeviceOutput[] = [];
  /** Everything the gateway wrote, in writes. */
  readonly down: Buffer[] = [];
  /** Bytes of the gateway are lost. */
  mute = false;
  readonly #clock = { now: 0 };
  #reconnectAt: number | null = null;

  constructor(protocol: Protocol, options: TalkOptions) {
    const { deviceId, profile, password = null } = options;
    const store = new MemoryStore(() => START + this.#clock.now);
    this.line = new StoredLine({ protocol, deviceId, password, profile, store, clock: this.#clock });
    const { tee: _tee, ...alone } = profile;
    this.upstream = new PlayedUpstream({ protocol, deviceId, profile: alone, clock: this.#clock });
    this.device = protocol.device({ receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0, ...options, password });
  }

  get now(): number {
    return this.#clock.now;
  }

  async connect(): Promise<void> {
    this.mute = false;
    this.#reconnectAt = null;
    await this.line.connect();
    await this.#exchange(this.device.connected(this.now));
  }

  async say(text: string): Promise<void> {
    await this.#exchange(this.device.say(text, this.now));
  }

  async position(): Promise<void> {
    await this.#exchange(this.device.position(this.now));
  }

  /** A dispatcher's text; gives its id. */
  async send(text: string): Promise<number> {
    const id = await this.line.send(text);
    await this.#exchange([]);
    return id;
  }

  /** What the upstream says unasked. */
  async pass(bytes: readonly Buffer[]): Promise<void> {
    for (const news of bytes) await this.line.step({ type: "upstream", news });
    await this.#exchange([]);
  }

  /** Bytes from the device's side that its model did not write. */
  async inject(bytes: Buffer): Promise<void> {
    await this.#exchange([{ type: "write", bytes }]);
  }

  /** Lets time pass until the condition holds; false: it did not within `ms`. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const end = this.now + ms;
    for (let wakes = 0, last = this.now; !condition(); wakes += 1) {
      if (this.now > last) [wakes, last] = [0, this.now];
      if (wakes > MAX_WAKES) throw new Error(`the deadline of the device or its session stays at ${last} ms, whatever \`tick\` does`);
      const at = this.#next;
      if (at === null || at > end) {
        this.#clock.now = end;
        return condition();
      }
      await this.#wake(Math.max(this.now, at));
    }
    return true;
  }

  async wait(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  shown(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "shown" ? [output.text] : []));
  }

  acknowledged(): readonly string[] {
    return this.outputs.flatMap((output) => (output.type === "acknowledged" ? [output.text] : []));
  }

  get online(): boolean {
    return this.line.online && this.outputs.some(({ type }) => type === "online");
  }

  get #next(): number | null {
    const times = [this.line.deadline, this.device.deadline, this.#reconnectAt].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  async #wake(at: number): Promise<void> {
    this.#clock.now = at;
    if (this.#reconnectAt !== null && this.#reconnectAt <= at) return await this.connect();
    const due = this.device.deadline !== null && this.device.deadline <= at;
    if (due) return await this.#exchange(this.device.tick(at));
    await this.line.step({ type: "tick" });
    await this.#exchange([]);
  }

  /** Carries bytes both ways until neither side has any. */
  async #exchange(first: readonly DeviceOutput[]): Promise<void> {
    let outputs = first;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await this.#perform(outputs);
      await this.#share();
      const written = this.line.written.splice(0);
      this.down.push(...written);
      if (this.line.closed !== null && this.#reconnectAt === null) this.#reconnectAt = this.now + RECONNECT_MS;
      if (written.length === 0 || this.mute) return;
      outputs = written.flatMap((bytes) => this.device.received(Buffer.from(bytes), this.now));
    }
    throw new Error("device and gateway answer each other without end");
  }

  /** Calls the upstream where the line wants it, and carries bytes to it and back. */
  async #share(): Promise<void> {
    if (this.line.shared !== null) {
      this.line.shared = null;
      await this.upstream.called(this.line);
    }
    for (let bytes = this.line.relayed.shift(); bytes !== undefined; bytes = this.line.relayed.shift()) {
      for (const news of await this.upstream.hear(bytes)) await this.line.step({ type: "upstream", news });
    }
  }

  async #perform(outputs: readonly DeviceOutput[]): Promise<void> {
    for (const output of outputs) {
      this.outputs.push(output);
      if (output.type === "write") await this.line.step({ type: "bytes", chunk: Buffer.from(output.bytes) });
      if (output.type === "hangup") await this.line.step({ type: "end", reason: "peer-closed", graceMs: 0 });
    }
  }
}
