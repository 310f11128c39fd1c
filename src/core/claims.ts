/** The dialogue with the outbox over one line: one request at a time carries what is known and asks for what there is room for. */
import type { DrainResult, Effect, LineNews, Settlement, Trace, UnitLabel, WireTag } from "./session-io.ts";

/** Wait before the store is asked again after it could not be reached. */
const STORE_RETRY_MS = 2_000;

/** Frames kept for timelines between two requests, and bytes of each. */
const TRACES = 16;
const TRACE_BYTES = 256;
/** Names of parts kept between two requests, the newest; the store keeps as many. */
const TAGS = 128;
const ANYTHING = Number.MAX_SAFE_INTEGER;
/** Shared by the many lines that have nothing to tell. */
const NONE: readonly never[] = [];
/** Reads of texts of earlier lines that wait for the store at once. */
const LATE_READS = 64;

export interface Room {
  /** Texts that may be claimed now. */
  readonly room: number;
  /** Ask although there is no room: whether something waits decides what happens to the line. */
  readonly curious: boolean;
  readonly held: readonly number[];
  /** Other texts must wait for the vehicle to stand. */
  readonly urgentOnly: boolean;
}

export class Claims {
  readonly #unit: UnitLabel;
  #settlements: readonly Settlement[] = NONE;
  #traces: readonly (Omit<Trace, "ageMs"> & { readonly at: number })[] = NONE;
  #tags: readonly WireTag[] = NONE;
  #asked: { readonly settlements: readonly Settlement[]; readonly tags: readonly WireTag[] } | null = null;
  #askedRoom = 0;
  /** There is something to ask for: up to this text, or whatever it is (ANYTHING); 0: nothing. */
  #hinted = ANYTHING;
  /** The newest text that was claimed: ids of one tracker are stored in their order, so what was older was seen by that claim. */
  #newest = 0;
  /** A text that is on its way may have been withdrawn: the store is asked whether there is room or not. */
  #doubtful = false;
  #retryAt: number | null = null;
  #dueAt: number | null = null;
  /** Texts that waited behind this line's when the store was last asked. */
  #waiting = 0;

  constructor(unit?: UnitLabel) {
    this.#unit = unit;
  }

  /** A frame that belongs to a text's timeline; it travels with the next request. */
  trace(id: number, direction: Trace["direction"], bytes: Buffer, at: number): void {
    if (this.#traces.length >= TRACES) return;
    this.#traces = [...this.#traces, { id, direction, bytes: Buffer.from(bytes.subarray(0, TRACE_BYTES)), at }];
  }

  /** What a part is called on the wire; it travels with the next request. */
  name(named: WireTag): void {
    this.#tags = [...this.#tags, named].slice(-TAGS);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** When `tick` has something to do (monotonic ms). */
  get deadline(): number | null {
    return earlier(this.#retryAt, this.#dueAt);
  }

  get busy(): boolean {
    return this.#asked !== null || this.#settlements.length > 0;
  }

  /** What this line holds may not be wanted any more. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** The outbox may hold something, or no longer what it held. */
  hint(news: LineNews = "text"): void {
    // A request that is under way may come too early for it.
    if (news === "coming" && this.busy) return;
    if (typeof news !== "number") this.#hinted = ANYTHING;
    else if (news > this.#newest) this.#hinted = Math.max(this.#hinted, news);
    if (news === "withdrawal") this.#doubtful = true;
  }

  settle(settlement: Settlement): void {
    this.#settlements = [...this.#settlements, settlement];
  }

  /** A text of an earlier line was read; false: too many such reads wait already. */
  settleLate(tag: string): boolean {
    const late = this.#settlements.filter((settlement) => settlement.type === "late-read");
    if (late.some((read) => read.tag === tag)) return true;
    if (late.length >= LATE_READS) return false;
    this.#settlements = [...this.#settlements, { type: "late-read", tag }];
    return true;
  }

  /** A settlement of this text has not reached the store yet: what the store says of it is out of date. */
  settling(id: number): boolean {
    return this.#settlements.some((settlement) => "id" in settlement && settlement.id === id && settlement.type !== "lapsed");
  }

  ask(need: Room, now: number, out: Effect[]): void {
    if (this.#asked !== null || this.#retryAt !== null) return;
    const open = need.room > 0 || need.curious || (this.#doubtful && need.held.length > 0);
    if (this.#settlements.length === 0 && !(this.#hinted > 0 && open)) return;
    const told = { settlements: this.#settlements, tags: this.#tags };
    this.#asked = told;
    this.#askedRoom = need.room;
    this.#settlements = NONE;
    this.#tags = NONE;
    this.#doubtful = false;
    if (open) this.#hinted = 0;
    const lanes = need.urgentOnly ? { urgentOnly: true } : {};
    out.push({ type: "drain", unit: this.#unit, ...told, held: need.held, room: need.room, ...lanes, traces: this.#takeTraces(now) });
  }

  /** What the line's end leaves unsaid: handed to the store without claiming anything. */
  flush(now: number, out: Effect[]): void {
    if (this.#settlements.length === 0 && this.#tags.length === 0) return;
    const told = { settlements: this.#settlements, tags: this.#tags };
    out.push({ type: "drain", unit: this.#unit, ...told, held: [], room: 0, traces: this.#takeTraces(now) });
    this.#settlements = NONE;
    this.#tags = NONE;
  }

  answered(result: DrainResult, now: number): void {
    const asked = this.#asked;
    this.#asked = null;
    if (result.type === "unavailable") {
      this.#settlements = [...(asked?.settlements ?? []), ...this.#settlements];
      this.#tags = [...(asked?.tags ?? []), ...this.#tags].slice(-TAGS);
      this.#hinted = ANYTHING;
      this.#doubtful = true;
      this.#retryAt = now + STORE_RETRY_MS;
    }
    if (result.type !== "drained") return;
    this.#waiting = result.waiting;
    this.#dueAt = result.dueInMs === null ? null : now + result.dueInMs;
    for (const { id } of result.texts) this.#newest = Math.max(this.#newest, id);
    if (this.#hinted <= this.#newest) this.#hinted = 0;
    // Only the room ended this claim: more follows as soon as there is room again.
    if (result.waiting > 0 && this.#askedRoom > 0 && result.texts.length >= this.#askedRoom) this.#hinted = ANYTHING;
  }

  tick(now: number): void {
    if (this.#retryAt !== null && now >= this.#retryAt) this.#retryAt = null;
    if (this.#dueAt === null || now < this.#dueAt) return;
    this.#dueAt = null;
    this.#hinted = ANYTHING;
  }

  /** A request whose outcome is unknown may lose its frames: they explain, they decide nothing. */
  #takeTraces(now: number): readonly Trace[] {
    const traces = this.#traces.map(({ at, ...trace }) => ({ ...trace, ageMs: Math.max(0, Math.round(now - at)) }));
    this.#traces = NONE;
    return traces;
  }
}

/** The sooner of two times, null being never. */
export function earlier(one: number | null, other: number | null): number | null {
  if (one === null) return other;
  return other === null ? one : Math.min(one, other);
}
