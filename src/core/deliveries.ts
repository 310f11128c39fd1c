/**
 * The way down over one line: claims texts, writes their parts within the window, and turns receipts, silence and
 * refusals into settlements. Pure: `out` collects effects, `now` is monotonic milliseconds.
 *
 * With tags a receipt settles its own text, however late. Without tags the window is one, and a receipt that is
 * overdue mutes the line for texts: whatever comes later can then only mean that text. Once a text was given up on
 * a line without tags, a receipt on that line is ambiguous and settles nothing.
 */
import { Claims, earlier } from "./claims.ts";
import { ClosePolicy } from "./close-policy.ts";
import { ackedPrefix, type Flight, nextPart, patience, restart, silentSince, type Written } from "./flight.ts";
import { Flights } from "./flights.ts";
import { launch } from "./launch.ts";
import type { Capabilities, Codec, DeviceEvent } from "./protocol.ts";
import { remember } from "./remember.ts";
import type { ClaimedText, DrainResult, Effect, OpenQuestion, Settlement, Standing } from "./session-io.ts";
import type { Tally } from "./tally.ts";

/** An event and the frame it came in. */
interface Heard<T extends DeviceEvent = DeviceEvent> {
  readonly event: T;
  readonly frame: Buffer;
}
type Receipt = Extract<DeviceEvent, { type: "receipt" }>;
type Deferred = Extract<DeviceEvent, { type: "deferred" }>;

export interface DeliveryOptions {
  readonly codec: Codec;
  readonly capabilities: Capabilities;
  readonly standing: Standing;
  readonly receiptMs: number;
  /** The tracker's profile opted in to receipts implied by TCP order. */
  readonly implied: boolean;
  readonly now: number;
  readonly tally: Tally;
}

/** Parts of this line whose receipt is still recognised, and texts that may be claimed anew. */
const REMEMBERED_PARTS = 256;
/** A device that never acknowledged anything gets this many deliveries of a text, then it ends unconfirmed. */
const UNPROVEN_ATTEMPTS = 2;

export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #claims = new Claims();
  #implied: boolean;
  readonly #closing: ClosePolicy;
  readonly #flights = new Flights();
  /** Every part written on this line by its tag. */
  readonly #written = new Map<string, Written>();
  /** Texts whose receipt is overdue and that were given back; a late receipt still settles them. */
  readonly #lapsed = new Map<number, Flight>();
  #stopped = false;
  #ambiguous = false;
  #bytesReceived = 0;
  #question: OpenQuestion | null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#implied = options.implied;
    this.#question = options.standing.question ?? null;
    this.#closing = new ClosePolicy(options.standing, options.now);
  }

  /** When `tick` has something to do. */
  get deadline(): number | null {
    return earlier(earlier(this.#claims.deadline, this.#closing.deadline), this.#flights.deadline);
  }

  /** Receipts or answers of the store are still outstanding. */
  get busy(): boolean {
    return this.#claims.busy || this.#flights.deadline !== null;
  }

  /** No further texts are claimed: the line is about to end. */
  stop(): void {
    this.#stopped = true;
  }

  /** The line has ended: hands over what the store does not know yet. */
  flush(now: number, out: Effect[]): void {
    this.#claims.flush(now, out);
  }

  hint(now: number, out: Effect[]): void {
    this.#claims.hint();
    this.#ask(now, out);
  }

  /** The codec is ready: what was hinted meanwhile is claimed now. */
  resume(now: number, out: Effect[]): void {
    this.#ask(now, out);
  }

  bytesArrived(count: number): void {
    this.#bytesReceived += count;
  }

  /** Which text a tag of this line stands for. */
  claimedBy(tag: string): ClaimedText | null {
    return this.#written.get(tag)?.flight.claimed ?? null;
  }

  /** The last question that went out and was not answered yet. */
  get openQuestion(): OpenQuestion | null {
    return this.#question;
  }

  answered(): void {
    this.#question = null;
  }

  drained(result: DrainResult, now: number, out: Effect[]): void {
    this.#claims.answered(result, now);
    if (result.type === "stale") out.push({ type: "close", reason: "taken-over" });
    if (result.type !== "drained") return;
    for (const claimed of result.texts) this.#launch(claimed, out);
    this.#closeIfUseful(now, out);
    this.#proceed(now, out);
  }

  /** What the device says of our orders; other events are none of ours. */
  told({ event, frame }: Heard, now: number, out: Effect[]): void {
    if (event.type === "receipt") this.#receipt({ event, frame }, now, out);
    else if (event.type === "deferred") this.#deferred(event, now);
    else if (event.type === "read") this.#read(event.tag, now, out);
  }

  #receipt({ event, frame }: Heard<Receipt>, now: number, out: Effect[]): void {
    if (event.tag === null && this.#ambiguous) {
      this.#ambiguousReceipt(now, out);
      return;
    }
    const hit = event.tag === null ? this.#flights.oldestOutstanding : this.#written.get(event.tag);
    if (hit === undefined || hit.flight.ended) {
      out.push({ type: "note", kind: "stray-receipt", reason: `receipt for ${event.tag ?? "nothing outstanding"}`, bytes: null });
      return;
    }
    this.#closing.receiptCame();
    this.#claims.trace(hit.flight.claimed.id, "up", frame, now);
    this.#options.tally.receipt(now - (hit.flight.writtenAt[hit.part] ?? now));
    if (event.outcome === "accepted") this.#accepted(hit, now);
    else if (event.outcome === "garbled" && !hit.flight.repeated) this.#repeat(hit, now, out);
    else this.#end(hit.flight, { type: "rejected", id: hit.flight.claimed.id, reason: event.reason ?? event.outcome });
    this.#proceed(now, out);
  }

  /** The order goes out again in a while: only then does it wait for its receipt. */
  #deferred({ tag, againMs }: Deferred, now: number): void {
    const flight = (tag === null ? this.#flights.oldestOutstanding : this.#written.get(tag))?.flight;
    if (flight === undefined || flight.deadline === null) return;
    flight.deadline = now + againMs + patience(flight, this.#options.receiptMs);
  }

  #read(tag: string, now: number, out: Effect[]): void {
    const claimed = this.claimedBy(tag);
    if (claimed === null) return;
    this.#claims.settle({ type: "read", id: claimed.id });
    this.#ask(now, out);
  }

  /** A frame came; with implied receipts this may prove that the device read past a text. */
  frameArrived(now: number, out: Effect[]): void {
    if (!this.#implied) return;
    const hit = this.#flights.oldestOutstanding;
    if (hit === undefined || !hit.flight.answeredSince) return;
    hit.flight.implied = true;
    hit.flight.answeredSince = false;
    this.#accepted(hit, now);
    this.#proceed(now, out);
  }

  /** A reply was written behind the outstanding texts. */
  replied(): void {
    for (const flight of this.#flights) if (flight.outstanding.length > 0) flight.answeredSince = true;
  }

  /** The device sends before it reads: TCP order proves nothing on this line. */
  disqualifyImplied(now: number): void {
    if (!this.#implied) return;
    this.#implied = false;
    for (const flight of this.#flights) if (flight.outstanding.length > 0) flight.deadline = now + this.#options.receiptMs;
  }

  tick(now: number, out: Effect[]): void {
    this.#claims.tick(now);
    for (const flight of [...this.#flights]) if (flight.deadline !== null && now >= flight.deadline) this.#overdue(flight, now, out);
    if (this.#closing.deadline !== null && now >= this.#closing.deadline) this.#closeIfUseful(now, out);
    this.#ask(now, out);
  }

  #launch(claimed: ClaimedText, out: Effect[]): void {
    if (this.#claims.settling(claimed.id)) return;
    const lapsed = this.#lapsed.get(claimed.id);
    this.#lapsed.delete(claimed.id);
    const flight = lapsed === undefined ? launch(this.#options, claimed, this.#claims, out) : restart(lapsed, claimed);
    if (flight === null) return;
    this.#flights.add(flight);
    if (claimed.choices !== null) this.#question = { messageId: claimed.id, choices: claimed.choices };
    if (nextPart(flight) === null) this.#finish(flight);
  }

  /** Writes parts in order while the window has room, then asks for more. */
  #proceed(now: number, out: Effect[]): void {
    let room = this.#closing.muted === null ? this.#options.capabilities.window - this.#flights.outstanding : 0;
    for (const flight of this.#flights) {
      for (let part = nextPart(flight); part !== null && room > 0; part = nextPart(flight)) {
        flight.next = part + 1;
        flight.outstanding.push(part);
        this.#write({ flight, part }, now, out);
        room -= 1;
      }
    }
    this.#ask(now, out);
  }

  #write(written: Written, now: number, out: Effect[]): void {
    const { flight } = written;
    const part = flight.parts[written.part];
    if (part === undefined) return;
    if (part.tag !== null) remember(this.#written, part.tag, written, REMEMBERED_PARTS);
    flight.bytesAtFirstWrite ??= this.#bytesReceived;
    flight.answeredSince = false;
    flight.writtenAt[written.part] = now;
    flight.deadline = this.#implied ? null : now + patience(flight, this.#options.receiptMs);
    this.#claims.trace(flight.claimed.id, "down", part.bytes, now);
    if (this.#options.codec.send === undefined) out.push({ type: "write", bytes: part.bytes });
    else this.#options.codec.send(part);
  }

  #ambiguousReceipt(now: number, out: Effect[]): void {
    out.push({ type: "note", kind: "ambiguous-receipt", reason: "a text was given up on this line before", bytes: null });
    if (!this.#closing.proven) this.#claims.settle({ type: "proven" });
    this.#closing.receiptCame();
    this.#ask(now, out);
  }

  #repeat(written: Written, now: number, out: Effect[]): void {
    written.flight.repeated = true;
    this.#closing.unmute(written.flight);
    this.#write(written, now, out);
  }

  #accepted({ flight, part }: Written, now: number): void {
    const before = ackedPrefix(flight);
    flight.acked.add(part);
    flight.outstanding = flight.outstanding.filter((other) => other !== part);
    this.#closing.unmute(flight);
    if (flight.acked.size >= flight.parts.length) {
      this.#finish(flight);
      return;
    }
    flight.bytesAtFirstWrite = flight.outstanding.length === 0 ? null : this.#bytesReceived;
    flight.deadline = flight.outstanding.length === 0 || this.#implied ? null : now + patience(flight, this.#options.receiptMs);
    const prefix = ackedPrefix(flight);
    if (prefix > before) this.#claims.settle({ type: "progress", id: flight.claimed.id, parts: prefix });
  }

  #finish(flight: Flight): void {
    this.#end(flight, { type: "delivered", id: flight.claimed.id, receipt: flight.implied ? "implied" : "device" });
  }

  #end(flight: Flight, settlement: Settlement): void {
    flight.ended = true;
    flight.parts = [];
    this.#claims.settle(settlement);
    this.#flights.remove(flight);
    this.#lapsed.delete(flight.claimed.id);
    this.#closing.unmute(flight);
  }

  #overdue(flight: Flight, now: number, out: Effect[]): void {
    flight.deadline = null;
    if (this.#options.capabilities.receipts === "by-tag") this.#overdueByTag(flight, now, out);
    else this.#overdueInOrder(flight, now, out);
  }

  #overdueByTag(flight: Flight, now: number, out: Effect[]): void {
    // Two deliveries and not a byte from the device: the link is dead, whatever TCP says.
    if (flight.tries > 1 && silentSince(flight, this.#bytesReceived) && this.#closing.mayClose(now)) {
      this.#close(out);
      return;
    }
    this.#claims.settle({ type: "lapsed", id: flight.claimed.id, attempt: flight.claimed.attempt });
    this.#claims.hint();
    this.#flights.remove(flight);
    flight.outstanding = [];
    remember(this.#lapsed, flight.claimed.id, flight, REMEMBERED_PARTS);
  }

  #overdueInOrder(flight: Flight, now: number, out: Effect[]): void {
    const { id, attempt } = flight.claimed;
    this.#claims.hint();
    if (!this.#closing.proven && attempt >= UNPROVEN_ATTEMPTS) {
      this.#ambiguous = true;
      this.#end(flight, { type: "unconfirmed", id });
      return;
    }
    this.#closing.mute(flight);
    if (this.#closing.proven && attempt >= this.#options.capabilities.attempts) this.#claims.settle({ type: "lapsed", id, attempt });
    this.#closeIfUseful(now, out);
  }

  #closeIfUseful(now: number, out: Effect[]): void {
    if (this.#closing.closesNow(now, this.#bytesReceived, this.#claims.waiting)) this.#close(out);
  }

  #close(out: Effect[]): void {
    this.#stopped = true;
    this.#claims.settle({ type: "closing" });
    out.push({ type: "close", reason: "no-receipt" });
  }

  #ask(now: number, out: Effect[]): void {
    const { codec, capabilities } = this.#options;
    const shut = this.#stopped || this.#closing.muted !== null || codec.ready === false;
    const room = shut ? 0 : Math.max(0, capabilities.window - this.#flights.count);
    const curious = this.#closing.muted !== null && !this.#stopped;
    this.#claims.ask({ room, curious, held: this.#flights.ids }, now, out);
  }
}
