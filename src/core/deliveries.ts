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
import type { DeliveryLine, DeliveryStart } from "./delivery-line.ts";
import {
  ackedPrefix,
  type Flight,
  isComplete,
  isUnclocked,
  land,
  nextPart,
  patience,
  restart,
  silentSince,
  type Written,
} from "./flight.ts";
import { Flights } from "./flights.ts";
import type { Gate } from "./gate.ts";
import { launch } from "./launch.ts";
import type { DeviceEvent } from "./protocol.ts";
import type { ClaimedText, DrainResult, Effect, LineNews, OpenQuestion, Settlement } from "./session-io.ts";
import { WrittenParts } from "./written-parts.ts";

/** An event and the frame it came in. */
interface Heard<T extends DeviceEvent = DeviceEvent> {
  readonly event: T;
  readonly frame: Buffer;
}
type Receipt = Extract<DeviceEvent, { type: "receipt" }>;
type Deferred = Extract<DeviceEvent, { type: "deferred" }>;
type Status = Extract<DeviceEvent, { type: "status" }>;

/** A device that never acknowledged anything gets this many deliveries of a text, then it ends unconfirmed. */
const UNPROVEN_ATTEMPTS = 2;

export class Deliveries {
  readonly #line: DeliveryLine;
  readonly #claims: Claims;
  #implied: boolean;
  readonly #closing: ClosePolicy;
  readonly #gate: Gate | null;
  readonly #flights = new Flights();
  readonly #written: WrittenParts;
  #stopped = false;
  #ambiguous = false;
  #question: OpenQuestion | null;

  constructor(line: DeliveryLine, { standing, implied, unit, gate, now }: DeliveryStart) {
    this.#line = line;
    this.#claims = new Claims(unit);
    this.#written = new WrittenParts(this.#claims, line.capabilities);
    this.#implied = implied;
    this.#gate = gate;
    this.#question = standing.question ?? null;
    this.#closing = new ClosePolicy(standing, now);
  }

  /** When `tick` has something to do. */
  get deadline(): number | null {
    const own = earlier(earlier(this.#claims.deadline, this.#closing.deadline), this.#flights.deadline);
    return this.#gate === null ? own : earlier(own, this.#gate.deadline);
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

  hint(news: LineNews, now: number, out: Effect[]): void {
    this.#claims.hint(news);
    this.#ask(now, out);
  }

  /** The codec is ready: what was hinted meanwhile is claimed now. */
  resume(now: number, out: Effect[]): void {
    this.#ask(now, out);
  }

  /** Which text a tag of this line stands for. */
  claimedBy(tag: string): ClaimedText | null {
    return this.#written.claimedBy(tag);
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
    for (const id of result.withdrawn ?? []) this.#withdraw(id);
    for (const claimed of result.texts) this.#launch(claimed, out);
    this.#closeIfUseful(now, out);
    this.#proceed(now, out);
  }

  /** What the device says of our orders; other events are none of ours. */
  told({ event, frame }: Heard, now: number, out: Effect[]): void {
    if (event.type === "receipt") this.#receipt({ event, frame }, now, out);
    else if (event.type === "deferred") this.#deferred(event, now);
    else if (event.type === "read") {
      this.#written.read(event.tag, out);
      this.#ask(now, out);
    }
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
    this.#claims.trace(hit.flight.claimed.id, "up", this.#line.shown(frame, "up"), now);
    this.#line.tally.receipt(now - (hit.flight.writtenAt[hit.part] ?? now));
    if (event.outcome === "accepted") this.#accepted(hit, now);
    else if (event.outcome === "garbled" && !hit.flight.repeated && !hit.flight.withdrawn) this.#repeat(hit, now, out);
    else this.#end(hit.flight, { type: "rejected", id: hit.flight.claimed.id, reason: event.reason ?? event.outcome });
    this.#proceed(now, out);
  }

  /** The order goes out again in a while: only then does it wait for its receipt. */
  #deferred({ tag, againMs }: Deferred, now: number): void {
    const flight = (tag === null ? this.#flights.oldestOutstanding : this.#written.get(tag))?.flight;
    if (flight === undefined || flight.deadline === null) return;
    flight.deadline = now + againMs + patience(flight, this.#line.receiptMs);
  }

  /** Whether the vehicle drives. */
  moved(status: Status, now: number, out: Effect[]): void {
    if (this.#gate === null) return;
    this.#gate.moved(status, now);
    if (this.#gate.release(now)) this.hint("text", now, out);
  }

  /** Its texts do not go out at any time. */
  get gated(): boolean {
    return this.#gate !== null;
  }

  /** What the device said is dealt with: while it still listens, texts that waited for this go out. */
  awake(now: number, out: Effect[]): void {
    if (this.#gate === null || this.#gate.asleep(now)) return;
    for (const flight of this.#flights)
      if (isUnclocked(flight) && !this.#implied) flight.deadline = now + patience(flight, this.#line.receiptMs);
    this.#proceed(now, out);
  }

  /** A frame came; with implied receipts this may prove that the device read past a text. */
  frameArrived(now: number, out: Effect[]): void {
    this.#gate?.frameCame(now);
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
    for (const flight of this.#flights) if (flight.outstanding.length > 0) flight.deadline = now + this.#line.receiptMs;
  }

  tick(now: number, out: Effect[]): void {
    this.#claims.tick(now);
    if (this.#gate?.release(now) === true) this.#claims.hint();
    for (const flight of [...this.#flights]) if (flight.deadline !== null && now >= flight.deadline) this.#overdue(flight, now, out);
    if (this.#closing.deadline !== null && now >= this.#closing.deadline) this.#closeIfUseful(now, out);
    this.#ask(now, out);
  }

  #launch(claimed: ClaimedText, out: Effect[]): void {
    if (this.#claims.settling(claimed.id)) return;
    const lapsed = this.#flights.revived(claimed.id);
    const flight = lapsed === undefined ? launch(this.#line, claimed, this.#claims, out) : restart(lapsed, claimed);
    if (flight === null) return;
    this.#flights.add(flight);
    if (claimed.choices !== null) this.#question = { messageId: claimed.id, choices: claimed.choices };
    if (nextPart(flight) === null) this.#finish(flight);
  }

  /** Nobody wants this text any more: what went out is taken back where the protocol has the means, and nothing follows. */
  #withdraw(id: number): void {
    const flight = this.#flights.find(id);
    if (flight === undefined || flight.withdrawn) return;
    flight.withdrawn = true;
    flight.next = flight.parts.length;
    for (const [part, { tag }] of flight.parts.entries()) {
      if (tag !== null && (flight.acked.has(part) || this.#written.has(tag, flight))) this.#line.codec.cancel?.(tag);
    }
    if (!this.#awaits(flight)) this.#leave(flight);
    // Its place is free for what waits behind it.
    this.#claims.hint();
  }

  /** Without tags the next receipt of the line means this text, wanted or not. */
  #awaits({ parts, outstanding }: Flight): boolean {
    const { capabilities, codec } = this.#line;
    if (capabilities.receipts === "by-tag") return false;
    return outstanding.some((part) => codec.expects?.(parts[part]?.tag ?? "") ?? true);
  }

  /** It is on its way no longer; a receipt that names it still settles it. */
  #leave(flight: Flight): void {
    flight.outstanding = [];
    flight.deadline = null;
    this.#flights.remove(flight);
    this.#closing.unmute(flight);
  }

  /** Writes parts in order while the window has room, then asks for more. */
  #proceed(now: number, out: Effect[]): void {
    const open = this.#closing.muted === null && this.#gate?.asleep(now) !== true;
    let room = open ? this.#line.capabilities.window - this.#flights.outstanding : 0;
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
    if (part.tag !== null) this.#written.add(part.tag, written);
    flight.bytesAtFirstWrite ??= this.#line.traffic.received;
    flight.answeredSince = false;
    flight.writtenAt[written.part] = now;
    flight.deadline = this.#implied ? null : now + patience(flight, this.#line.receiptMs);
    this.#claims.trace(flight.claimed.id, "down", this.#line.shown(part.bytes, "down"), now);
    if (this.#line.codec.send === undefined) out.push({ type: "write", bytes: part.bytes });
    else this.#line.codec.send(part);
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
    if (isComplete(flight)) {
      this.#finish(flight);
      return;
    }
    if (flight.withdrawn && flight.outstanding.length === 0) return this.#leave(flight);
    flight.bytesAtFirstWrite = flight.outstanding.length === 0 ? null : this.#line.traffic.received;
    flight.deadline = flight.outstanding.length === 0 || this.#implied ? null : now + patience(flight, this.#line.receiptMs);
    const prefix = ackedPrefix(flight);
    if (prefix > before) this.#claims.settle({ type: "progress", id: flight.claimed.id, parts: prefix });
  }

  #finish(flight: Flight): void {
    this.#end(flight, { type: "delivered", id: flight.claimed.id, receipt: flight.implied ? "implied" : "device" });
    this.#written.settleRead(flight);
  }

  #end(flight: Flight, settlement: Settlement): void {
    land(flight);
    this.#written.ended();
    this.#claims.settle(settlement);
    this.#flights.remove(flight);
    this.#closing.unmute(flight);
  }

  #overdue(flight: Flight, now: number, out: Effect[]): void {
    flight.deadline = null;
    // It has gone to sleep: its receipt is waited for from its next frame on.
    if (this.#gate?.dozes === true && silentSince(flight, this.#line.traffic.received)) return;
    if (this.#line.capabilities.receipts === "by-tag") this.#overdueByTag(flight, now, out);
    else this.#overdueInOrder(flight, now, out);
  }

  #overdueByTag(flight: Flight, now: number, out: Effect[]): void {
    // Two deliveries and not a byte from the device: the link is dead, whatever TCP says.
    if (flight.tries > 1 && silentSince(flight, this.#line.traffic.received) && this.#closing.mayClose(now)) {
      this.#close(out);
      return;
    }
    this.#claims.settle({ type: "lapsed", id: flight.claimed.id, attempt: flight.claimed.attempt });
    this.#claims.hint();
    this.#flights.lapse(flight);
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
    if (this.#closing.proven && attempt >= this.#line.capabilities.attempts) this.#claims.settle({ type: "lapsed", id, attempt });
    this.#closeIfUseful(now, out);
  }

  #closeIfUseful(now: number, out: Effect[]): void {
    if (this.#closing.closesNow(now, this.#line.traffic.received, this.#claims.waiting)) this.#close(out);
  }

  #close(out: Effect[]): void {
    this.#stopped = true;
    this.#claims.settle({ type: "closing" });
    out.push({ type: "close", reason: "no-receipt" });
  }

  #ask(now: number, out: Effect[]): void {
    const { codec, capabilities } = this.#line;
    const shut = this.#stopped || this.#closing.muted !== null || codec.ready === false || this.#gate?.asleep(now) === true;
    const room = shut ? 0 : Math.max(0, capabilities.window - this.#flights.count);
    const curious = this.#closing.muted !== null && !this.#stopped;
    const held = this.#claims.doubtful ? [...this.#flights.ids, ...this.#flights.lapsedIds] : this.#flights.ids;
    this.#claims.ask({ room, curious, held, urgentOnly: this.#gate?.holds(now) === true }, now, out);
  }
}
