/**
 * Whose turn it is. A command that meets the device while it sends telemetry may be lost; the vendor's recipe is to send the
 * command instead of the telemetry's acknowledgement, to wait for its result, then to acknowledge, and to repeat a command that has
 * no reaction. Results name no command: while results of repeated copies may still come, no other command goes out.
 */
import type { Settings } from "./profile.ts";

/** Telemetry is acknowledged after this long at the latest: devices repeat it after 20 s. */
export const ACK_HOLD_MS = 10_000;
/** Waits before a display that was busy is tried again; the last repeats. */
export const BUSY_MS: readonly number[] = [2_000, 4_000, 8_000, 16_000, 30_000];
/** Acknowledgements kept back at once; beyond that the device repeats. */
const MAX_WITHHELD = 8;

interface Order {
  readonly bytes: Buffer;
  readonly tag: string | null;
  readonly phase: "held" | "out" | "busy";
  /** Copies written that have no result yet. */
  readonly open: number;
  /** Copies beyond the first since the device last said something about this order. */
  readonly repeats: number;
  /** How often the display was busy. */
  readonly refusals: number;
  /** False: it was cancelled while its result is awaited; it does not go out again. */
  readonly wanted: boolean;
  /** `out`: when it is overdue; `busy`: when to try again. Null: as soon as the time is known. */
  readonly at: number | null;
}

export interface Turn {
  readonly send: readonly Buffer[];
  readonly at: number | null;
}

export class HalfDuplex {
  #settings: Pick<Settings, "halfDuplex" | "repeatMs" | "repeats">;
  #order: Order | null = null;
  #withheld: Buffer[] = [];
  #ackBy: number | null = null;
  /** Results of copies of an order that is settled. */
  #echoes = 0;
  #echoesBy: number | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  configure(settings: Settings): void {
    this.#settings = settings;
  }

  /** The next result can only mean the next command. */
  get clear(): boolean {
    return this.#echoes === 0;
  }

  /** The next command may have the turn: there is none, or its repeats are used up. */
  get idle(): boolean {
    const order = this.#order;
    return this.clear && (order === null || (order.phase === "out" && order.at === null));
  }

  /** The tag of the command whose result is waited for. */
  get awaited(): string | null {
    return this.#order !== null && this.#order.open > 0 ? this.#order.tag : null;
  }

  /** A command to be sent when it is its turn. */
  take(bytes: Buffer, tag: string | null): void {
    this.settle();
    this.#order = { bytes, tag, phase: "held", open: 0, repeats: 0, refusals: 0, wanted: true, at: null };
  }

  /** Telemetry was stored: its acknowledgement, or null when a command has the turn and it follows later. */
  acknowledge(ack: Buffer): Buffer | null {
    if (!this.#settings.halfDuplex || !this.#hasTurn || this.#withheld.length >= MAX_WITHHELD) return ack;
    if (!this.#withheld.some((other) => other.equals(ack))) this.#withheld.push(ack);
    return null;
  }

  /** A result came: is it the command's own? False: of a copy of the one before, or of nothing that was sent. */
  result(): boolean {
    const order = this.#order;
    if (order === null && this.#echoes === 0) return true;
    if (order !== null && order.open > 0) {
      this.#order = { ...order, open: order.open - 1 };
      return true;
    }
    if (this.#echoes > 0) this.#echoes -= 1;
    return false;
  }

  /** The command has reached its end. */
  settle(): void {
    this.#echoes += this.#order?.open ?? 0;
    this.#echoesBy = null;
    this.#order = null;
  }

  /** The command is still to be tried when the display was busy. */
  get wanted(): boolean {
    return this.#order?.wanted ?? true;
  }

  /** This command is not wanted any more: it does not go out again, but a result that is awaited is still its own. */
  cancel(tag: string): void {
    const order = this.#order;
    if (order?.tag !== tag) return;
    if (order.phase === "out") this.#order = { ...order, wanted: false };
    else this.settle();
  }

  /** The display takes it later: in how many milliseconds it goes out again. */
  postpone(): number {
    const order = this.#order;
    const refusals = (order?.refusals ?? 0) + 1;
    if (order !== null) this.#order = { ...order, phase: "busy", refusals, repeats: 0, at: null };
    return waitAfter(refusals);
  }

  /** What goes out now. `free`: no frame of the device is half way in. */
  tick(now: number, free: boolean): Turn {
    this.#forgetEchoes(now);
    const send = this.#command(now, free);
    this.#ackBy = this.#withheld.length === 0 ? null : (this.#ackBy ?? now + ACK_HOLD_MS);
    if (this.#ackBy !== null && (!this.#hasTurn || now >= this.#ackBy)) {
      send.push(...this.#withheld.splice(0));
      this.#ackBy = null;
    }
    return { send, at: soonest([this.#order?.at ?? null, this.#ackBy, this.#echoesBy].filter((at) => at === null || at > now)) };
  }

  /** The command is out and its result may still come, or it goes out next. */
  get #hasTurn(): boolean {
    const order = this.#order;
    if (order === null || order.phase === "busy") return false;
    return order.phase === "held" ? this.clear : order.at !== null;
  }

  #command(now: number, free: boolean): Buffer[] {
    const order = this.#order;
    if (order === null) return [];
    if (order.phase === "out") return this.#again(order, now);
    const at = order.phase === "held" ? now : (order.at ?? now + waitAfter(order.refusals));
    if (now >= at && free && this.clear) return this.#write(order, 0, now);
    if (order.phase === "busy") this.#order = { ...order, at };
    return [];
  }

  #again(order: Order, now: number): Buffer[] {
    if (order.at === null || now < order.at) return [];
    if (order.wanted && order.repeats < this.#settings.repeats) return this.#write(order, order.repeats + 1, now);
    this.#order = { ...order, at: null };
    return [];
  }

  #write(order: Order, repeats: number, now: number): Buffer[] {
    this.#order = { ...order, phase: "out", open: order.open + 1, repeats, at: now + this.#settings.repeatMs };
    return [order.bytes];
  }

  #forgetEchoes(now: number): void {
    if (this.#echoes > 0) this.#echoesBy ??= now + this.#settings.repeatMs;
    if (this.#echoes > 0 && this.#echoesBy !== null && now < this.#echoesBy) return;
    this.#echoes = 0;
    this.#echoesBy = null;
  }
}

function waitAfter(refusals: number): number {
  return BUSY_MS[refusals - 1] ?? BUSY_MS.at(-1) ?? 0;
}

/** The first of these times; null is never. */
export function soonest(times: readonly (number | null)[]): number | null {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}
