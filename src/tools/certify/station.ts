/** A gateway for one device with a store in memory: where a device is put through its paces. */
import pino from "pino";
import { LineChat } from "../../chat/lines.ts";
import type { Message } from "../../chat/message.ts";
import type { LineMeter } from "../../chat/meter.ts";
import { type MessageStore, StoreUnavailable } from "../../chat/ports.ts";
import type { SessionLimits } from "../../core/index.ts";
import { Gateway } from "../../gateway/gateway.ts";
import type { LineTap } from "../../gateway/line-tap.ts";
import { Registry } from "../../gateway/registry.ts";
import { MemoryStore } from "../../store/memory.ts";
import { GUEST, OpenHouse, type OpenHouseOptions } from "./open-house.ts";

export interface StationOptions extends OpenHouseOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: SessionLimits;
  readonly tap?: () => LineTap;
}

const NODE = "station";
const LEASE_MS = 2 ** 31;
const TTL_MS = 24 * 60 * 60 * 1_000;
const LOOK_MS = 20;
const WIRE = { bufferBytes: 256 * 1024, slowReaderMs: 60_000 };
const ALL = { trackerId: GUEST, from: null, to: null, limit: 10_000, ascending: true };

export class Station {
  readonly house: OpenHouse;
  readonly counts = new Map<string, number>();
  port = 0;
  readonly #store = new MemoryStore(Date.now);
  readonly #registry = new Registry();
  readonly #gateway: Gateway;
  /** While true the device's texts are not stored, and so not acknowledged. */
  #deaf = false;

  constructor(options: StationOptions) {
    const { protocol, limits, host, port, tap } = options;
    this.house = new OpenHouse(options);
    const now = (): number => performance.now();
    const meter: LineMeter = {
      count: (what, labels, by = 1) => void this.counts.set(`${what} ${labels}`, this.counted(what, labels) + by),
      time: () => undefined,
    };
    const outbox = { hint: () => Promise.resolve() };
    const lines = new LineChat({ store: this.#sometimesDeaf(), directory: this.house, outbox, node: NODE, now, warn: () => undefined });
    this.#gateway = new Gateway({
      protocols: [protocol],
      limits,
      environment: { wallClock: Date.now },
      lines,
      registry: this.#registry,
      meter,
      log: pino({ level: "silent" }),
      now,
      directory: this.house,
      wire: WIRE,
      admission: { lines: 100, linesPerIp: 100, loginRate: { count: 100, perMs: 1_000 } },
      listen: [{ host, port, protocol, tls: false }],
      tls: null,
      balancers: [],
      load: () => "normal",
      ...(tap === undefined ? {} : { tap }),
    });
  }

  async start(): Promise<void> {
    await this.#store.renewLease(NODE, LEASE_MS);
    this.port = (await this.#gateway.listen())[0]?.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.#gateway.drain(0);
  }

  /** The device is logged in. */
  get online(): boolean {
    return this.#registry.get(GUEST) !== undefined;
  }

  counted(what: string, labels: string): number {
    return this.counts.get(`${what} ${labels}`) ?? 0;
  }

  async send(text: string): Promise<number> {
    const draft = { trackerId: GUEST, text, employeeId: null, urgent: false, altered: false, ttlMs: TTL_MS, rejected: null };
    const submitted = await this.#store.submit(draft);
    if (submitted.type !== "stored") throw new Error("the outbox is full");
    this.#registry.get(GUEST)?.hint();
    return submitted.id;
  }

  async message(id: number): Promise<Message | null> {
    return (await this.#store.find([id]))[0] ?? null;
  }

  /** Texts of the driver after a message, oldest first. */
  async driverTexts(sinceId: number): Promise<readonly Message[]> {
    return (await this.#store.list(ALL)).filter(({ id, direction }) => direction === "INCOMING" && id > sinceId);
  }

  async lastId(): Promise<number> {
    return (await this.#store.list({ ...ALL, limit: 1, ascending: false }))[0]?.id ?? 0;
  }

  /** Ends the line; a device comes back by itself. */
  hangUp(): void {
    this.#registry.get(GUEST)?.leave("kicked");
  }

  /** Driver's texts are stored and acknowledged, or neither. */
  listen(on: boolean): void {
    this.#deaf = !on;
  }

  /** Waits for a condition; false after `withinMs`. */
  async until(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
    const by = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() >= by) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return true;
  }

  #sometimesDeaf(): MessageStore {
    const receive: MessageStore["receive"] = async (reception) => {
      if (!this.#deaf) return await this.#store.receive(reception);
      this.counts.set("unheard texts", this.counted("unheard", "texts") + reception.texts.length);
      throw new StoreUnavailable("deaf on purpose");
    };
    return new Proxy<MessageStore>(this.#store, {
      get: (store, name) => {
        if (name === "receive") return receive;
        const member: unknown = Reflect.get(store, name);
        return typeof member === "function" ? member.bind(store) : member;
      },
    });
  }
}
