/**
 * Lines that several units share, on two nodes over one store, every step of each an action of its own: the real session, the
 * real use cases, and devices that remember what they were shown and what they acknowledged.
 */
import { type Message, statusOf } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import type { Protocol } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryDirectory } from "./fleet.ts";
import { cut } from "./scripted-protocol.ts";
import { SharedLine } from "./shared-line.ts";

const BEGIN = 1_700_000_000_000;
const TTL_MS = 7 * 24 * 60 * 60_000;
export const UNITS = ["u1", "u2", "u3"] as const;
export type UnitName = (typeof UNITS)[number];

export interface Mail {
  readonly tracker: number;
  readonly epoch: number;
  /** Somebody logged in: no news for the one who did. */
  readonly newOwner: boolean;
}

export class SharedWorld {
  now = 0;
  up = true;
  /** The first thing that must never happen. */
  wrong: string | null = null;
  readonly store: MessageStore = new MemoryStore(() => BEGIN + this.now);
  readonly directory: MemoryDirectory;
  readonly protocol: Protocol;
  readonly lines: SharedLine[] = [];
  /** Parts that a device acknowledged, in their own words. */
  readonly acknowledged = new Set<string>();
  /** What a device was told to be stored. */
  readonly #promises: { readonly unit: UnitName; readonly text: string }[] = [];
  readonly #mail: Mail[] = [];
  #sent = 0;
  #said = 0;

  constructor(protocol: Protocol) {
    this.protocol = protocol;
    const trackers = UNITS.map((deviceId) => ({ id: trackerOf(deviceId), deviceId, protocol: protocol.name }));
    this.directory = new MemoryDirectory({ trackers, protocols: [protocol] });
  }

  open(node: string): SharedLine {
    const line = new SharedLine(this, node);
    this.lines.push(line);
    return line;
  }

  /** Every third text has two parts, each with words of its own. */
  async send(unit: UnitName): Promise<void> {
    this.#sent += 1;
    const words = `${unit}#${this.#sent}`;
    const text = this.#sent % 3 === 0 ? `${words.padEnd(this.#partBytes, ".")}${words}'` : words;
    const trackerId = trackerOf(unit);
    const draft = { trackerId, text, employeeId: null, urgent: false, altered: false, ttlMs: TTL_MS, rejected: null };
    const submitted = await this.store.submit(draft);
    if (submitted.type === "stored" && submitted.owner !== null) this.newsOf(trackerId, submitted.owner.epoch);
  }

  /** The oldest text of a unit that is under way is not wanted any more. */
  async withdraw(unit: UnitName): Promise<void> {
    const trackerId = trackerOf(unit);
    const [id] = (await this.store.outbox(trackerId)).ids;
    if (id === undefined) return;
    await this.store.cancel(trackerId, id);
    for (const line of this.lines) line.hint(trackerId, "withdrawal");
  }

  newsOf(tracker: number, epoch: number): void {
    this.#mail.push({ tracker, epoch, newOwner: false });
  }

  displace(tracker: number, epoch: number): void {
    this.#mail.push({ tracker, epoch, newOwner: true });
  }

  /** Hints reach their lines; a newer epoch displaces. */
  deliver(): void {
    for (const mail of this.#mail.splice(0)) for (const line of this.lines) line.mail(mail);
  }

  words(unit: UnitName): string {
    this.#said += 1;
    return `T ${this.#said} ${unit} says ${this.#said}`;
  }

  promised(unit: UnitName, text: string): void {
    this.#promises.push({ unit, text });
  }

  messages(unit: UnitName): Promise<readonly Message[]> {
    return this.store.list({ trackerId: trackerOf(unit), from: null, to: null, limit: 10_000, ascending: true });
  }

  /** Nobody's texts are on another's screen, in another's history, or delivered by another's word. */
  async check(): Promise<void> {
    for (const unit of UNITS) for (const message of await this.messages(unit)) this.#judge(unit, message);
    for (const { unit, text } of this.#promises.splice(0)) {
      const stored = (await this.messages(unit)).filter((message) => message.text === text).length;
      if (stored !== 1) this.fail(`${text} was acknowledged, and is stored ${stored} times`);
    }
  }

  fail(what: string): void {
    this.wrong ??= what;
  }

  #judge(unit: UnitName, message: Message): void {
    const { direction, text } = message;
    if (!text.startsWith(unit)) this.fail(`${unit} has ${text}`);
    if (direction !== "OUTGOING" || statusOf(message) !== "DELIVERED") return;
    const missing = cut(text, this.#partBytes).find((part) => !this.acknowledged.has(part));
    if (missing !== undefined) this.fail(`${text} counts as delivered, ${missing} was never acknowledged`);
  }

  get #partBytes(): number {
    return this.protocol.capabilities.maxBytes;
  }
}

export function trackerOf(unit: UnitName): number {
  return 1 + UNITS.indexOf(unit);
}
