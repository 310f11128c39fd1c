/**
 * The units of a line that carries several, each with its own tracker, texts and tags. A frame that speaks of units is dealt
 * with as a whole: those that are not known are asked for, then everybody is told what was said, then texts are stored, unit by
 * unit, and only then the frame is answered. One question at a time, as on any line; what could not be stored is not answered.
 */
import { earlier } from "./claims.ts";
import { hearFrame } from "./decode-frame.ts";
import { Deliveries } from "./deliveries.ts";
import { Gate } from "./gate.ts";
import { type SharedLine, termsFor } from "./line-terms.ts";
import { LoginRate } from "./login-rate.ts";
import type { Codec, DeviceEvent, Reading, Verdict } from "./protocol.ts";
import { remember } from "./remember.ts";
import type { CloseReason, DeviceText, DrainResult, Effect, LineNews, LoginVerdict } from "./session-io.ts";
import { Unit } from "./unit.ts";

/** Trackers on one line at once. */
const UNITS_PER_LINE = 1_000;
/** A unit that was refused is not asked for again within this; so many of them are remembered. */
const REFUSAL_MS = 30_000;
const REFUSED_UNITS = 1_000;

/** The line that carries them. */
export interface UnitsHost extends SharedLine {
  readonly codec: Codec;
  /** The unit that the line belongs to; null: it has none. */
  readonly own: () => Unit | null;
  /** What was said is known; `strike`: nobody in the frame spoke sense, if any of it is bad. */
  readonly heard: (events: readonly DeviceEvent[], frame: Buffer, strike: boolean, out: Effect[]) => void;
  /** The frame is dealt with; each unit's verdict may matter to its answer. */
  readonly answer: (reading: Reading, verdicts: ReadonlyMap<string, Verdict>, out: Effect[]) => void;
  readonly loggedIn: () => void;
}

interface Spoken {
  readonly unit: Unit;
  readonly texts: readonly DeviceText[];
}

/** A frame in hand. */
interface Dealing {
  readonly reading: Reading;
  /** A copy: it outlives the step. */
  readonly frame: Buffer;
  readonly unknown: string[];
  readonly verdicts: Map<string, Verdict>;
  /** Units that logged in with it. */
  readonly fresh: Unit[];
  /** Null: nobody was told yet. */
  texts: Spoken[] | null;
  /** Who is asked for, and whose texts are on their way to the store. */
  asked: string | null;
  storing: Unit | null;
  readonly stored: Unit[];
}

export class Units {
  readonly #host: UnitsHost;
  readonly #members = new Map<string, Unit>();
  /** Those with something to do at some time: on a line of a thousand, few. */
  readonly #restless = new Set<Unit>();
  readonly #refused = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  readonly #rate = new LoginRate();
  #dealing: Dealing | null = null;

  constructor(host: UnitsHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#members.size;
  }

  /** A question is open. */
  get asking(): boolean {
    return this.#dealing !== null;
  }

  get busy(): boolean {
    for (const { deliveries } of this.#members.values()) if (deliveries.busy) return true;
    return false;
  }

  get deadline(): number | null {
    let soonest: number | null = null;
    for (const { deliveries } of this.#restless) soonest = earlier(soonest, deliveries.deadline);
    return soonest;
  }

  /** A frame that speaks of units. */
  frame(reading: Reading, bytes: Buffer, now: number, out: Effect[]): void {
    const keys = new Set(reading.units);
    const unknown = [...keys].filter((key) => this.#find(key) === undefined);
    const dealing = {
      reading,
      frame: Buffer.from(bytes),
      unknown,
      verdicts: new Map(),
      fresh: [],
      texts: null,
      asked: null,
      storing: null,
      stored: [],
    };
    this.#dealing = dealing;
    this.#proceed(dealing, now, out);
  }

  /** The answer to `identify` of a unit. */
  identified(verdict: LoginVerdict, now: number, out: Effect[]): void {
    const dealing = this.#dealing;
    const key = dealing?.asked ?? null;
    if (dealing === null || key === null) return;
    dealing.asked = null;
    if (verdict.type === "refused") {
      out.push({ type: "note", kind: "refused", reason: `unit ${key}: ${verdict.reason}`, bytes: null });
      remember(this.#refused, key, { verdict, until: now + REFUSAL_MS }, REFUSED_UNITS);
      dealing.verdicts.set(key, verdict);
    } else if (verdict.type === "accepted") this.#enter(dealing, key, verdict, now);
    // Not even a refusal while the store is away: the whole frame comes again.
    else return this.#done(dealing, now, out);
    this.#proceed(dealing, now, out);
  }

  /** The answer to `receive` of a unit. */
  received(verdict: "stored" | "unavailable", now: number, out: Effect[]): void {
    const dealing = this.#dealing;
    if (dealing === null || dealing.storing === null) return;
    if (verdict === "unavailable") {
      this.#done(dealing, now, out);
      if (this.#host.protocol.capabilities.unstored === "close") out.push({ type: "close", reason: "not-stored" });
      return;
    }
    dealing.stored.push(dealing.storing);
    dealing.storing = null;
    this.#proceed(dealing, now, out);
  }

  hint(key: string, news: LineNews, now: number, out: Effect[]): void {
    this.#touch(key, (unit) => unit.deliveries.hint(news, now, out));
  }

  drained(key: string, result: DrainResult, now: number, out: Effect[]): void {
    if (result.type === "stale") this.leave(key, "taken-over", now, out);
    else this.#touch(key, (unit) => unit.deliveries.drained(result, now, out));
  }

  /** What the codec concludes of a part. */
  told(event: DeviceEvent, frame: Buffer, now: number, out: Effect[]): void {
    this.#touch(event.unit ?? "", (unit) => unit.deliveries.told({ event, frame }, now, out));
  }

  tick(now: number, out: Effect[]): void {
    for (const unit of [...this.#restless]) this.#touch(unit.key, ({ deliveries }) => deliveries.tick(now, out));
  }

  /** No further texts are claimed: the line is about to end. */
  stop(): void {
    for (const { deliveries } of this.#members.values()) deliveries.stop();
  }

  /** The line has ended: hands over what the store does not know yet. */
  flush(now: number, out: Effect[]): void {
    for (const { deliveries } of this.#members.values()) deliveries.flush(now, out);
  }

  /** A unit belongs here no longer; the others stay. */
  leave(key: string, reason: CloseReason, now: number, out: Effect[]): void {
    const unit = this.#members.get(key);
    if (unit === undefined) return;
    this.#members.delete(key);
    this.#restless.delete(unit);
    out.push({ type: "left", unit: key, reason });
    unit.deliveries.flush(now, out);
    this.#host.codec.left?.(key);
    if (this.#members.size === 0 && this.#host.own() === null) out.push({ type: "close", reason });
  }

  #find(key: string): Unit | undefined {
    const own = this.#host.own();
    return own?.key === key ? own : this.#members.get(key);
  }

  /** Goes on with a frame until a question is out or all is done. */
  #proceed(dealing: Dealing, now: number, out: Effect[]): void {
    for (let key = dealing.unknown.shift(); key !== undefined; key = dealing.unknown.shift()) {
      const verdict = this.#verdictUnasked(key, now);
      if (verdict !== null) {
        dealing.verdicts.set(key, verdict);
        continue;
      }
      dealing.asked = key;
      out.push({ type: "identify", scope: "unit", key, password: null });
      return;
    }
    if (dealing.texts === null) {
      const events = hearFrame(dealing.reading, dealing.frame, out);
      if (events === null) return this.#done(dealing, now, out);
      dealing.texts = this.#tell(dealing, events, now, out);
    }
    const next = dealing.texts.shift();
    if (next === undefined) {
      this.#host.answer(dealing.reading, this.#verdicts(dealing), out);
      for (const unit of dealing.stored) unit.acknowledged();
      return this.#done(dealing, now, out);
    }
    // Who left meanwhile says it again over the line where it is now.
    if (this.#find(next.unit.key) !== next.unit) return this.#done(dealing, now, out);
    dealing.storing = next.unit;
    out.push({ type: "receive", unit: next.unit.label, texts: next.texts, early: next.unit.early });
  }

  /** A refusal that is known already or due to a bound; null: it must be asked. */
  #verdictUnasked(key: string, now: number): Verdict | null {
    const known = this.#refused.get(key);
    if (known !== undefined && now < known.until) return known.verdict;
    const mayLogIn = this.#members.size < UNITS_PER_LINE && this.#rate.take(now);
    return mayLogIn ? null : { type: "refused", reason: "overload" };
  }

  #enter(dealing: Dealing, key: string, { identity, standing }: Extract<LoginVerdict, { type: "accepted" }>, now: number): void {
    const { codec } = this.#host;
    const terms = termsFor(this.#host, codec.unit?.(key, identity) ?? codec, identity.profile);
    const deliveries = new Deliveries(terms, { standing, implied: false, unit: key, gate: Gate.for(identity.profile, now), now });
    const unit = new Unit(key, key, identity, deliveries);
    this.#members.set(key, unit);
    dealing.fresh.push(unit);
    this.#host.loggedIn();
  }

  /** Tells everybody what was said; gives the texts that must be stored. */
  #tell({ reading, frame }: Dealing, events: readonly DeviceEvent[], now: number, out: Effect[]): Spoken[] {
    const texts: Spoken[] = [];
    this.#host.heard(events, frame, isSenseless(reading.units ?? [], events), out);
    for (const [unit, said] of this.#said(reading.units ?? [], events)) {
      unit.frameCame();
      unit.deliveries.frameArrived(now, out);
      unit.passed(out);
      const spoken = unit.hear(said, frame, now, out);
      if (spoken.length > 0) texts.push({ unit, texts: spoken });
      this.#watch(unit);
    }
    return texts;
  }

  /** Who said what; what a unit says that is not here is dropped. */
  #said(units: readonly string[], events: readonly DeviceEvent[]): ReadonlyMap<Unit, readonly DeviceEvent[]> {
    const said = new Map<Unit, DeviceEvent[]>();
    const of = (unit: Unit | undefined): DeviceEvent[] => {
      const known = (unit && said.get(unit)) ?? [];
      if (unit !== undefined) said.set(unit, known);
      return known;
    };
    for (const key of units) of(this.#find(key));
    for (const event of events) of(event.unit === undefined ? (this.#host.own() ?? undefined) : this.#find(event.unit)).push(event);
    return said;
  }

  /** What is stored is acknowledged, also for who left meanwhile. */
  #verdicts({ reading, verdicts, stored }: Dealing): ReadonlyMap<string, Verdict> {
    for (const key of reading.units ?? []) {
      const unit = this.#find(key) ?? stored.find((one) => one.key === key);
      if (unit !== undefined) verdicts.set(key, { type: "accepted", identity: unit.identity });
    }
    return verdicts;
  }

  #done(dealing: Dealing, now: number, out: Effect[]): void {
    this.#dealing = null;
    for (const { key } of dealing.fresh) this.hint(key, "text", now, out);
    for (const key of dealing.reading.units ?? []) this.#touch(key, ({ deliveries }) => deliveries.awake(now, out));
  }

  #touch(key: string, work: (unit: Unit) => void): void {
    const unit = this.#members.get(key);
    if (unit === undefined) return;
    work(unit);
    this.#watch(unit);
  }

  #watch(unit: Unit): void {
    if (unit.label !== undefined && this.#members.get(unit.key) === unit && unit.deliveries.deadline !== null) this.#restless.add(unit);
    else this.#restless.delete(unit);
  }
}

/** Everybody of whom a frame speaks talks nonsense in it: it is no one's fault but the line's. */
function isSenseless(units: readonly string[], events: readonly DeviceEvent[]): boolean {
  const bad = new Set(events.filter(({ type }) => type === "bad").map(({ unit }) => unit));
  return units.every((unit) => bad.has(unit));
}
