/**
 * One line: a thin shell around the session of its device or units. It detects the protocol, performs effects in order, puts
 * the session's questions to the chat and feeds back the answers. A defect ends its own line and nothing else.
 */
import type { Socket } from "node:net";
import type { Answer } from "../chat/lines.ts";
import { NO_PROTOCOL } from "../chat/meter.ts";
import { type CloseReason, type Effect, type Input, type LineNews, type Protocol, Session } from "../core/index.ts";
import { detect, HEAD_BYTES } from "./detector.ts";
import { performInOrder, type Unwritten } from "./in-order.ts";
import { countNote, countTally, type Note } from "./line-counts.ts";
import type { LineDeps, LineHost } from "./line-deps.ts";
import { LineLog, type LogEntry } from "./line-log.ts";
import type { LineTap } from "./line-tap.ts";
import { LineTimer, type TimerOwner } from "./line-timer.ts";
import { askDrain, askReceive, type Drain, type Receive, settleFinally } from "./questions.ts";
import type { EndReason } from "./registry.ts";
import { Seat, type SeatHost } from "./seat.ts";
import { Seats } from "./seats.ts";
import { Upstream, type UpstreamOwner } from "./upstream.ts";
import { Wire, type WireOwner } from "./wire.ts";

/** Bytes of one step: a chunk of 64 KiB may hold tens of thousands of tiny frames, whose effects wait for its end. */
const SLICE_BYTES = 4 * 1024;

/** `ended`: our end is on its way; `gone`: the socket is no more. */
type Phase = "open" | "ended" | "gone";

type OfSeat = Exclude<Unwritten, { type: "identify" | "note" | "close" | "share" | "relay" }>;
type Identify = Extract<Effect, { type: "identify" }>;

export class Connection implements SeatHost, WireOwner, TimerOwner, UpstreamOwner {
  /** Of the device, as far as it is known. */
  readonly address: string;
  readonly #deps: LineDeps;
  readonly #host: LineHost;
  readonly #wire: Wire;
  readonly #timer: LineTimer;
  readonly #openedAt: number;
  #phase: Phase = "open";
  /** First bytes, until the protocol is known. */
  #head: Buffer | null = null;
  #protocol: Protocol | null = null;
  #session: Session | null = null;
  readonly #seats = new Seats();
  /** The server that shares the line; null: it is not shared. */
  #upstream: Upstream | null = null;
  #log: LineLog | null = null;
  readonly #tap: LineTap | undefined;
  /** Its address was told that somebody has logged in, or that nobody will. */
  #admitted = false;
  #reason: EndReason = "peer-closed";

  /** `protocol`: the only one of this port; null detects it. */
  constructor(
    from: { readonly socket: Socket; readonly address: string },
    protocol: Protocol | null,
    shared: { readonly deps: LineDeps; readonly host: LineHost },
  ) {
    this.#deps = shared.deps;
    this.#host = shared.host;
    this.#openedAt = shared.deps.now();
    this.address = from.address;
    this.#wire = new Wire(from.socket, this, shared.deps);
    this.#timer = new LineTimer(this, shared.deps.now);
    this.#tap = shared.deps.tap?.();
    if (protocol !== null) this.#open(protocol);
    this.#timer.arm();
  }

  get now(): number {
    return this.#deps.now();
  }

  get deadline(): number | null {
    if (this.#phase !== "open") return this.#wire.deadline;
    const own = this.#session === null ? this.#openedAt + this.#deps.limits.loginMs : this.#session.deadline;
    const wire = this.#wire.deadline;
    return own === null || wire === null ? (own ?? wire) : Math.min(own, wire);
  }

  /** Null: the line is not shared. */
  get upstream(): "up" | "down" | null {
    return this.#upstream === null ? null : this.#upstream.up ? "up" : "down";
  }

  hint(seat: Seat, news: LineNews): void {
    if (this.#wire.choked) this.#seats.postpone(seat, news);
    else this.#step({ type: "hint", unit: seat.unit, news });
  }

  leave({ unit }: Seat, reason: CloseReason): void {
    this.#step({ type: "leave", unit, reason });
  }

  end(reason: CloseReason, graceMs: number): void {
    if (this.#session === null) this.#close(reason);
    else this.#step({ type: "end", reason, graceMs });
  }

  /** Ends without waiting for anything. */
  destroy(): void {
    this.#wire.destroy();
  }

  received(chunk: Buffer): void {
    this.#deps.meter.count("bytes-in", this.#protocolName, chunk.length);
    this.#tap?.up(chunk);
    for (let at = 0; at < chunk.length && this.#phase === "open"; at += SLICE_BYTES) {
      const slice = chunk.subarray(at, at + SLICE_BYTES);
      if (this.#session === null) this.#detect(slice);
      else this.#step({ type: "bytes", chunk: slice });
    }
  }

  /** The peer has said all it will: what it said is still stored and answered. */
  peerEnded(): void {
    if (this.#phase === "open") return this.#session === null ? this.#close("peer-closed") : this.#regulate(this.now);
    // A displaced peer that answers our end was alive: two devices share one identity.
    if (this.#reason === "taken-over" && this.#seats.own !== null) this.#deps.lines.contested(this.#seats.own.trackerId);
  }

  unchoked(): void {
    this.#regulate(this.now);
    for (const [seat, news] of this.#seats.postponed()) seat.hint(news);
  }

  upstreamSaid(news: "up" | "down" | Buffer): void {
    this.#step({ type: "upstream", news });
  }

  failed(error: Error): void {
    this.#write("debug", { message: "socket error", error: error.message });
  }

  gone(): void {
    if (this.#phase === "open") this.end("peer-closed", 0);
    this.#phase = "gone";
    this.#timer.stop();
    this.#admit();
    for (const seat of this.#seats.all()) this.#vacate(seat, this.#reason);
    this.#deps.meter.count("closings", this.#reason);
    this.#tap?.closed(this.#reason, this.#protocol);
    this.#host.closed(this);
  }

  due(now: number): void {
    if (this.#phase !== "open") this.#wire.destroy();
    else if (this.#session === null) this.#close("login-timeout");
    else if (this.#wire.check(now) === "too-slow") this.#giveUp();
    else this.#step({ type: "tick" });
  }

  #open(protocol: Protocol): void {
    this.#protocol = protocol;
    const { limits, environment } = this.#deps;
    this.#session = new Session({ protocol, limits, now: this.#openedAt, environment });
  }

  #detect(chunk: Buffer): void {
    const head = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
    const detected = detect(head, this.#deps.protocols);
    this.#head = detected.type === "more" ? Buffer.from(head) : null;
    if (detected.type === "more") return;
    if (detected.type === "nobody") {
      this.#host.unrecognised(this.address, head.subarray(0, HEAD_BYTES));
      this.#close("unrecognised");
      return;
    }
    this.#open(detected.protocol);
    this.#step({ type: "bytes", chunk: head });
  }

  #step(input: Input): void {
    if (this.#session === null) return;
    try {
      const now = this.#deps.now();
      const effects = this.#session.step(input, now);
      countTally(this.#deps.meter, this.#protocolName, this.#session.tally);
      const last = effects.some((effect) => effect.type === "close");
      performInOrder(
        effects,
        (bytes) => this.#send(bytes),
        (effect) => this.#perform(effect, last),
      );
      this.#regulate(now);
      this.#timer.arm();
    } catch (error) {
      this.#defect(error);
    }
  }

  get #protocolName(): string {
    return this.#protocol?.name ?? NO_PROTOCOL;
  }

  /** `last`: the line ends in this step, so nothing more is claimed for it. */
  #perform(effect: Unwritten, last: boolean): void {
    if (effect.type === "identify") this.#background(this.#identify(effect));
    else if (effect.type === "note") this.#note(effect);
    else if (effect.type === "close") this.#close(effect.reason);
    else if (effect.type === "share") this.#share(effect.target);
    else if (effect.type === "relay") this.#upstream?.send(effect.bytes);
    else this.#performFor(this.#seats.get(effect.unit), effect, last);
  }

  #performFor(seat: Seat | undefined, effect: OfSeat, last: boolean): void {
    if (seat === undefined) return;
    if (effect.type === "receive") this.#answerLater(this.#receive(seat, effect));
    else if (effect.type === "passed") this.#background(this.#deps.lines.passed(seat.owner));
    else if (effect.type === "drain") this.#drain(seat, effect, last);
    else if (effect.type === "left") this.#left(seat, effect.reason);
  }

  #share(target: string): void {
    if (this.#upstream !== null) return this.#upstream.again();
    this.#upstream = new Upstream({ target, protocol: this.#protocolName }, this, this.#deps);
  }

  #send(bytes: Buffer): void {
    this.#tap?.down(bytes);
    this.#wire.send(bytes);
    this.#deps.meter.count("bytes-out", this.#protocolName, bytes.length);
  }

  #answerLater(answer: Promise<Input>): void {
    answer.then(
      (input) => this.#step(input),
      (error: unknown) => this.#defect(error),
    );
  }

  async #identify(effect: Identify): Promise<void> {
    const protocol = this.#protocol;
    if (protocol === null) throw new Error("a session without its protocol");
    const { lines, registry } = this.#deps;
    // It was taken over by another line, and goes on talking here: both are alive.
    const displaced = this.#seats.displaced(effect.key);
    if (displaced !== null) lines.contested(displaced);
    const carrier = this.#seats.own?.owner.identity ?? null;
    const answer = await lines.identify(effect, { protocol, address: this.address, carrier, gone: () => this.#phase !== "open" });
    const seat = this.#loggedIn(answer, effect, protocol);
    this.#step({ type: "identified", verdict: answer.verdict });
    if (seat !== null && !registry.enter(seat)) seat.leave("taken-over");
  }

  #loggedIn({ verdict, epoch, displaced }: Answer, { key, scope }: Identify, protocol: Protocol): Seat | null {
    if (verdict.type === "refused") this.#deps.meter.count("refusals", verdict.reason);
    if (verdict.type !== "accepted" || epoch === null) return null;
    const { trackerId: tracker } = verdict.identity;
    if (this.#phase !== "open") {
      this.#background(this.#deps.lines.logout(tracker, epoch));
      return null;
    }
    const owner = { identity: verdict.identity, protocol, epoch };
    const seat = new Seat(this, owner, key, scope === "unit" ? key : undefined);
    this.#seats.add(seat);
    if (seat.unit === undefined) this.#tap?.loggedIn(verdict.identity, protocol);
    this.#admit();
    this.#deps.meter.count("logins", protocol.name);
    if (displaced !== null) this.#deps.meter.count("takeovers", displaced);
    this.#deps.log.info({ tracker, protocol: protocol.name, address: this.address, epoch }, "device online");
    return seat;
  }

  /** It no longer counts against its address. */
  #admit(): void {
    if (!this.#admitted) this.#host.admitted(this.address);
    this.#admitted = true;
  }

  async #receive(seat: Seat, effect: Receive): Promise<Input> {
    const input = await askReceive(this.#deps, seat.owner, effect);
    if (input.verdict === "stored") this.#tap?.stored(effect.texts, seat.unit);
    return input;
  }

  #drain(seat: Seat, effect: Drain, last: boolean): void {
    if (last || this.#phase !== "open" || seat.vacant) return this.#settleFinally(seat, effect);
    const answer = askDrain(this.#deps, seat.owner, effect).then((input) => {
      if (input.result.type === "drained") {
        this.#tap?.settled(effect.settlements, seat.unit);
        this.#tap?.claimed(input.result.texts, seat.unit);
      }
      // The line ended while the store was away: what its device said must not be lost with it.
      if (input.result.type === "unavailable" && (this.#phase !== "open" || seat.vacant)) this.#settleFinally(seat, effect);
      return input;
    });
    this.#answerLater(answer);
  }

  #settleFinally(seat: Seat, effect: Drain): void {
    this.#tap?.settled(effect.settlements, seat.unit);
    this.#background(seat.settle(settleFinally(this.#deps, seat.owner, effect)));
  }

  /** A unit left, the line stays. */
  #left(seat: Seat, reason: CloseReason): void {
    this.#deps.registry.leave(seat);
    this.#seats.remove(seat, reason);
    this.#deps.meter.count("departures", reason);
    this.#vacate(seat, reason);
  }

  #vacate(seat: Seat, reason: EndReason): void {
    const { trackerId: tracker, protocol, epoch } = seat;
    this.#deps.log.info({ tracker, protocol, reason }, "device offline");
    seat.vacate(() => this.#background(this.#deps.lines.logout(tracker, epoch)));
  }

  /** Reads only while no question is open and the peer takes what is sent. */
  #regulate(now: number): void {
    if (this.#phase !== "open" || this.#session === null) return;
    if (this.#wire.check(now) === "too-slow") return this.#giveUp();
    this.#wire.read(!this.#session.asking && !this.#wire.choked && this.#upstream?.choked !== true);
    this.#upstream?.read(!this.#wire.choked);
    if (this.#wire.halfClosed && !this.#session.asking) this.end("peer-closed", 0);
  }

  #giveUp(): void {
    this.end("slow-reader", 0);
    this.#wire.destroy();
  }

  #close(reason: EndReason): void {
    if (this.#phase !== "open") return;
    this.#phase = "ended";
    this.#reason = reason;
    this.#head = null;
    this.#upstream?.close();
    for (const seat of this.#seats.all()) this.#deps.registry.leave(seat);
    this.#wire.end(this.#deps.now());
    this.#timer.arm();
  }

  #background(work: Promise<void>): void {
    this.#host.background(work.catch((error: unknown) => this.#defect(error)));
  }

  #note(note: Note): void {
    const level = countNote(this.#deps.meter, this.#protocolName, note);
    this.#write(level, { message: `note: ${note.kind}`, reason: note.reason, address: this.address, bytes: note.bytes });
  }

  #defect(error: unknown): void {
    this.#deps.meter.count("notes", `${this.#protocolName} defect`);
    this.#write("error", { message: "a line failed and is closed", err: error });
    this.#close("defect");
    this.#wire.destroy();
  }

  #write(level: "debug" | "info" | "error", entry: LogEntry): void {
    this.#log ??= new LineLog(this.#deps.log);
    const who = this.#seats.own === null ? {} : { tracker: this.#seats.own.trackerId };
    this.#log.write(level, this.#deps.now(), { protocol: this.#protocol?.name ?? "", ...who, ...entry });
  }
}
