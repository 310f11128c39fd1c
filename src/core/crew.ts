/** Everybody on a line: the unit whose line it is, and those that it carries beside. */
import { earlier } from "./claims.ts";
import { Deliveries } from "./deliveries.ts";
import { Gate } from "./gate.ts";
import { type SharedLine, termsFor } from "./line-terms.ts";
import type { Codec, Ticked } from "./protocol.ts";
import type { CloseReason, DrainResult, Effect, Input, LoginVerdict } from "./session-io.ts";
import { Unit } from "./unit.ts";
import { Units, type UnitsHost } from "./units.ts";

export interface CrewOptions extends Omit<SharedLine, "traffic"> {
  readonly codec: Codec;
}

type Accepted = Extract<LoginVerdict, { type: "accepted" }>;

/** The line as everybody on it sees it. */
interface Line extends CrewOptions {
  readonly traffic: { received: number };
}

export class Crew {
  readonly #line: Line;
  #own: Unit | null = null;
  #units: Units | null = null;

  constructor(options: CrewOptions) {
    this.#line = { ...options, traffic: { received: 0 } };
  }

  /** Null: nobody's yet, or the line carries units and belongs to none of them. */
  get own(): Unit | null {
    return this.#own;
  }

  /** A question about a unit is open. */
  get asking(): boolean {
    return this.#units?.asking === true;
  }

  /** Receipts or answers of the store are still outstanding. */
  get busy(): boolean {
    return this.#own?.deliveries.busy === true || this.#units?.busy === true;
  }

  get deadline(): number | null {
    const own = this.#own?.deliveries.deadline ?? null;
    return this.#units === null ? own : earlier(own, this.#units.deadline);
  }

  bytesArrived(count: number): void {
    this.#line.traffic.received += count;
  }

  /** Whoever opened the line is its own unit. */
  login(key: string, { identity, standing }: Accepted, now: number): void {
    const implied = identity.profile["receipts"] === "implied";
    const start = { standing, implied, gate: Gate.for(identity.profile, now), now };
    const deliveries = new Deliveries(termsFor(this.#line, this.#line.codec, identity.profile), start);
    this.#own = new Unit(key, undefined, identity, deliveries);
  }

  /** The units beside; `host` is asked for once. */
  units(host: () => Pick<UnitsHost, "answer" | "heard" | "loggedIn">): Units {
    this.#units ??= new Units({ ...this.#line, own: () => this.#own, ...host() });
    return this.#units;
  }

  identified(verdict: LoginVerdict, now: number, out: Effect[]): void {
    this.#units?.identified(verdict, now, out);
  }

  received(verdict: "stored" | "unavailable", now: number, out: Effect[]): void {
    this.#units?.received(verdict, now, out);
  }

  hint({ news = "text", unit }: Extract<Input, { type: "hint" }>, now: number, out: Effect[]): void {
    if (unit === undefined) this.#own?.deliveries.hint(news, now, out);
    else this.#units?.hint(unit, news, now, out);
  }

  drained({ result, unit }: { readonly result: DrainResult; readonly unit?: string | undefined }, now: number, out: Effect[]): void {
    if (unit === undefined) this.#own?.deliveries.drained(result, now, out);
    else this.#units?.drained(unit, result, now, out);
  }

  /** Others are on the line beside its own unit. */
  get shared(): boolean {
    return (this.#units?.size ?? 0) > 0;
  }

  /** A unit belongs here no longer, the line stays; undefined: the line's own. */
  leave(unit: string | undefined, reason: CloseReason, now: number, out: Effect[]): void {
    if (unit !== undefined) return this.#units?.leave(unit, reason, now, out);
    const own = this.#own;
    if (own === null) return;
    this.#own = null;
    out.push({ type: "left", reason });
    own.deliveries.flush(now, out);
    this.#line.codec.left?.(own.key);
  }

  /** What the codec concluded by itself. */
  told(receipts: NonNullable<Ticked["receipts"]>, now: number, out: Effect[]): void {
    for (const { event, frame } of receipts) {
      if (event.unit === undefined || event.unit === this.#own?.key) this.#own?.deliveries.told({ event, frame }, now, out);
      else this.#units?.told(event, frame, now, out);
    }
  }

  tick(now: number, out: Effect[]): void {
    this.#own?.deliveries.tick(now, out);
    this.#units?.tick(now, out);
  }

  /** No further texts are claimed: the line is about to end. */
  stop(): void {
    this.#own?.deliveries.stop();
    this.#units?.stop();
  }

  /** The line has ended: hands over what the store does not know yet. */
  flush(now: number, out: Effect[]): void {
    this.#own?.deliveries.flush(now, out);
    this.#units?.flush(now, out);
  }
}
