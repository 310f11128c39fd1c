/**
 * One line of one device, or of several units (see `Units`), for every protocol. Two rules hold here and nowhere else:
 *
 * 1. One question at a time. While the answer to `identify` or `receive` is out, no further frame is read, so a
 *    reply can only follow what was stored.
 * 2. A reply is written after its frame's events are dealt with; an event that could not be stored is not answered.
 *
 * No socket, no store, no clock, no promise: `step(input, now)` returns effects to be performed in order.
 */
import { earlier } from "./claims.ts";
import { Crew } from "./crew.ts";
import { decodeFrame } from "./decode-frame.ts";
import type { Framed } from "./framing.ts";
import { LineClock } from "./line-clock.ts";
import { Noise } from "./noise.ts";
import type { Codec, DeviceEvent, Identity, Protocol, Reading, Verdict } from "./protocol.ts";
import type { CloseReason, Effect, Input, LoginVerdict, SessionLimits, SessionOptions } from "./session-io.ts";
import { Strikes } from "./strikes.ts";
import { Tally } from "./tally.ts";
import { Tee } from "./tee.ts";
import type { Unit } from "./unit.ts";
import type { UnitsHost } from "./units.ts";

type Hello = Extract<DeviceEvent, { type: "hello" }>;

type Phase =
  | { readonly type: "greeting" }
  /** `identity`: of whoever logged in, also when that unit has left since. */
  | { readonly type: "online"; readonly key: string; readonly isLink: boolean; readonly identity: Identity }
  | { readonly type: "closed" };

type Question =
  /** `frame`: to be decoded again once its login is accepted. */
  | { readonly type: "identify"; readonly hello: Hello; readonly reading: Reading; readonly frame: Buffer | null }
  | { readonly type: "receive"; readonly reading: Reading };

interface Decoded {
  readonly reading: Reading;
  readonly bytes: Buffer;
}

export class Session {
  /** To be taken after a step by whoever counts. */
  readonly tally = new Tally();
  readonly #protocol: Protocol;
  readonly #limits: SessionLimits;
  readonly #codec: Codec;
  readonly #clock: LineClock;
  #phase: Phase = { type: "greeting" };
  readonly #crew: Crew;
  /** Null: the line is not shared. */
  #tee: Tee | null;
  #question: Question | null = null;
  #ending: { readonly reason: CloseReason; readonly by: number } | null = null;
  readonly #strikes: Strikes;
  readonly #noise: Noise;
  #refusals = 0;
  /** A reply was owed or written since bytes last came: what is read now was sent before the device saw it. */
  #replied = false;

  constructor({ protocol, limits, environment, now }: SessionOptions) {
    this.#protocol = protocol;
    this.#limits = limits;
    this.#strikes = new Strikes(limits.strikes);
    this.#noise = new Noise(this.#strikes);
    this.#codec = protocol.connect(environment);
    this.#tee = protocol.tee === undefined ? null : new Tee(protocol.tee, this.#codec);
    this.#crew = new Crew({ codec: this.#codec, protocol, receiptMs: limits.receiptMs, tally: this.tally });
    this.#clock = new LineClock(limits, now);
  }

  /** When to call `step({ type: "tick" })` next (monotonic ms); null: not until something else happens. */
  get deadline(): number | null {
    if (this.#phase.type === "closed") return null;
    return earlier(earlier(this.#clock.deadline(this.asking), this.#ending?.by ?? null), this.#crew.deadline);
  }

  /** A question is open: do not read from the device meanwhile. */
  get asking(): boolean {
    return this.#question !== null || this.#crew.asking;
  }

  get identity(): Identity | null {
    return this.#crew.own?.identity ?? null;
  }

  step(input: Input, now: number): readonly Effect[] {
    const out: Effect[] = [];
    if (this.#phase.type === "closed") return out;
    this.#take(input, now, out);
    // What the answer brought about goes out before the next frame is read, whether that is here already or not.
    if (input.type === "identified" || input.type === "received") this.#tickCodec(now, out);
    this.#pull(now, out);
    this.#finishEnding(now, out);
    return this.#cutAtClose(now, out);
  }

  #take(input: Input, now: number, out: Effect[]): void {
    switch (input.type) {
      case "bytes":
        return this.#bytes(input.chunk, now);
      case "identified":
        return this.#question === null ? this.#crew.identified(input.verdict, now, out) : this.#identified(input.verdict, now, out);
      case "received":
        return this.#question === null ? this.#crew.received(input.verdict, now, out) : this.#received(input.verdict, out);
      case "hint":
        return this.#crew.hint(input, now, out);
      case "drained":
        return this.#drained(input, now, out);
      case "leave":
        return this.#leave(input, now, out);
      case "upstream":
        return this.#tee?.hear(input.news, out) === true ? this.#wrote() : undefined;
      case "tick":
        return this.#tick(now, out);
      case "end":
        return this.#end(input.reason, now + input.graceMs);
    }
  }

  #bytes(chunk: Buffer, now: number): void {
    this.#replied = false;
    this.#clock.heard(now);
    this.#crew.bytesArrived(chunk.length);
    this.#tee?.push(chunk);
    this.#codec.framer.push(chunk);
  }

  /** Reads frame after frame until one asks a question or the bytes run out. */
  #pull(now: number, out: Effect[]): void {
    for (let seen = 0; !this.asking && !closes(out, seen); ) {
      const framed = this.#codec.framer.next();
      this.#tee?.framed(framed, out);
      if (framed === null) break;
      seen = out.length;
      this.#clock.frameEnded();
      if (framed.kind === "noise") this.#noise.heard(framed, out);
      else this.#framed(framed, now, out);
    }
    this.#noise.tell(out);
    if (!this.asking) this.#halfFrame(now);
    this.#tickCodec(now, out);
    if (this.#crew.own?.deliveries.gated === true && !this.asking && !closes(out)) this.#crew.own.deliveries.awake(now, out);
  }

  /** What was half a frame may have turned out to be none. */
  #halfFrame(now: number): void {
    if (this.#codec.framer.buffered === 0) return this.#clock.frameEnded();
    this.#clock.frameBegan(now);
    if (this.#replied) this.#crew.own?.deliveries.disqualifyImplied(now);
  }

  #framed(framed: Exclude<Framed, { kind: "noise" }>, now: number, out: Effect[]): void {
    this.#noise.tell(out);
    if (framed.kind === "broken") {
      out.push({ type: "note", kind: "noise", reason: framed.reason, bytes: null }, { type: "close", reason: "broken-stream" });
    } else {
      this.tally.frame();
      this.#frame(framed.bytes, now, out);
    }
    // After each frame: a codec acts alike however the bytes were cut.
    this.#tickCodec(now, out);
  }

  #frame(bytes: Buffer, now: number, out: Effect[]): void {
    const decoded = decodeFrame(this.#codec, bytes, out);
    const reading = this.#tee?.share(decoded, bytes, out) ?? decoded;
    const hello = reading.events.find((event) => event.type === "hello");
    if (reading.units !== undefined && hello === undefined && this.#phase.type === "online")
      return this.#crew.units(() => this.#host()).frame(reading, bytes, now, out);
    this.#noteBad(reading.events, bytes, out);
    if (hello !== undefined) return this.#hello(hello, { reading, bytes }, out);
    if (this.#phase.type !== "online") return this.#beforeLogin(reading, bytes, out);
    if (this.#crew.own === null) return this.#answer(reading, null, out);
    this.#owned(this.#crew.own, { reading, bytes }, now, out);
  }

  /** A frame of the unit whose line it is. */
  #owned(own: Unit, { reading, bytes }: Decoded, now: number, out: Effect[]): void {
    own.frameCame();
    if (this.#replied) own.deliveries.disqualifyImplied(now);
    own.deliveries.frameArrived(now, out);
    own.passed(out);
    const texts = own.hear(reading.events, bytes, now, out);
    if (texts.length > 0) {
      this.#question = { type: "receive", reading };
      out.push({ type: "receive", texts, early: own.early });
      return;
    }
    this.#answer(reading, null, out);
    if (reading.events.some((event) => event.type === "bye")) out.push({ type: "close", reason: "bye" });
  }

  /** `strike`: none where others in the frame spoke sense. */
  #noteBad(events: readonly DeviceEvent[], bytes: Buffer, out: Effect[], strike = true): void {
    const bad = events.find((event) => event.type === "bad");
    if (bad !== undefined) out.push({ type: "note", kind: "bad-frame", reason: bad.reason, bytes: Buffer.from(bytes) });
    if (bad !== undefined && strike) this.#strikes.bad(out);
    else this.#strikes.forget();
  }

  #beforeLogin(reading: Reading, bytes: Buffer, out: Effect[]): void {
    if (reading.events.every((event) => event.type === "bad")) return this.#answer(reading, null, out);
    out.push({ type: "note", kind: "before-login", reason: "a frame before the login", bytes: Buffer.from(bytes) });
    this.#strikes.bad(out);
  }

  #hello(hello: Hello, { reading, bytes }: Decoded, out: Effect[]): void {
    if (this.#phase.type !== "online") {
      const again = reading.again === true && hello.scope === "login";
      this.#question = { type: "identify", hello, reading, frame: again ? Buffer.from(bytes) : null };
      out.push({ type: "identify", scope: hello.scope, key: hello.key, password: hello.password });
      return;
    }
    const { identity } = this.#phase;
    if (hello.key !== this.#phase.key) {
      this.#refuse({ type: "refused", reason: "unknown-device" }, reading, out);
      out.push({ type: "close", reason: "another-device" });
      return;
    }
    const known = hello.scope === "register" || identity.secret === null || identity.secret === hello.password;
    if (known) this.#answer(reading, { type: "accepted", identity }, out);
    else this.#refuse({ type: "refused", reason: "wrong-password" }, reading, out);
  }

  #identified(verdict: LoginVerdict, now: number, out: Effect[]): void {
    const question = this.#question;
    if (question?.type !== "identify") return;
    this.#question = null;
    // Not even a refusal while the store is away: the device tries again.
    if (verdict.type === "unavailable") return;
    if (verdict.type === "refused") {
      this.#refuse(verdict, question.reading, out);
      this.#refusals += 1;
      if (verdict.reason !== "wrong-password" || this.#refusals >= this.#limits.loginAttempts)
        out.push({ type: "close", reason: "login-refused" });
      return;
    }
    const { hello } = question;
    if (hello.scope !== "register") this.#goOnline(hello, verdict, now, out);
    const identity = verdict.type === "carrier" ? nobody(hello.key) : verdict.identity;
    if (question.frame === null) this.#answer(question.reading, { type: "accepted", identity }, out);
    else this.#frame(question.frame, now, out);
    this.#crew.hint({ type: "hint" }, now, out);
  }

  #goOnline(hello: Hello, verdict: Extract<LoginVerdict, { type: "accepted" | "carrier" }>, now: number, out: Effect[]): void {
    const identity = verdict.type === "carrier" ? nobody(hello.key) : verdict.identity;
    this.#phase = { type: "online", key: hello.key, isLink: hello.scope === "link", identity };
    this.#codec.identified(identity);
    if (this.#tee?.open(identity.profile, out) !== true) this.#tee = null;
    // Nobody has logged in on a link that is nobody's until its first unit does.
    if (verdict.type === "carrier") return;
    this.#clock.loggedIn();
    this.#crew.login(hello.key, verdict, now);
  }

  #host(): Pick<UnitsHost, "answer" | "heard" | "loggedIn"> {
    return {
      heard: (events, frame, strike, out) => this.#noteBad(events, frame, out, strike),
      answer: (reading, units, out) => this.#answer(reading, null, out, units),
      loggedIn: () => this.#clock.loggedIn(),
    };
  }

  #refuse(verdict: Extract<Verdict, { type: "refused" }>, reading: Reading, out: Effect[]): void {
    out.push({ type: "note", kind: "refused", reason: verdict.reason, bytes: null });
    this.#answer(reading, verdict, out);
  }

  #received(verdict: "stored" | "unavailable", out: Effect[]): void {
    const question = this.#question;
    if (question?.type !== "receive") return;
    this.#question = null;
    if (verdict === "stored") {
      this.#answer(question.reading, null, out);
      // What the upstream may acknowledge, or not, may come again.
      if (this.#tee?.withheld !== true) this.#crew.own?.acknowledged();
    } else if (this.#protocol.capabilities.unstored === "close") out.push({ type: "close", reason: "not-stored" });
  }

  #drained(input: Extract<Input, { type: "drained" }>, now: number, out: Effect[]): void {
    const { result, unit } = input;
    if (result.type === "stale" && unit === undefined && this.#goesOn) this.#crew.leave(unit, "taken-over", now, out);
    else this.#crew.drained(input, now, out);
  }

  #leave({ reason, unit }: Extract<Input, { type: "leave" }>, now: number, out: Effect[]): void {
    if (unit !== undefined || this.#goesOn) this.#crew.leave(unit, reason, now, out);
    else this.#end(reason, now);
  }

  /** The line goes on without its own unit: others are on it, and that is not the tracker of the link itself. */
  get #goesOn(): boolean {
    return this.#phase.type === "online" && !this.#phase.isLink && this.#crew.shared;
  }

  #end(reason: CloseReason, by: number): void {
    this.#ending = { reason, by };
    this.#crew.stop();
  }

  #answer(reading: Reading, verdict: Verdict | null, out: Effect[], units?: ReadonlyMap<string, Verdict>): void {
    if (reading.reply === undefined) return;
    const bytes = typeof reading.reply === "function" ? reading.reply(verdict ?? this.#acceptedVerdict(), units) : reading.reply;
    this.#tee?.flush(out);
    if (bytes === null) return;
    out.push({ type: "write", bytes });
    this.#wrote();
  }

  /** An answer went out, ours or the upstream's. */
  #wrote(): void {
    this.#replied = true;
    this.#crew.own?.deliveries.replied();
  }

  #acceptedVerdict(): Verdict {
    return this.#phase.type === "online"
      ? { type: "accepted", identity: this.#phase.identity }
      : { type: "refused", reason: "unknown-device" };
  }

  #tick(now: number, out: Effect[]): void {
    const reason = this.#clock.expired(now, this.asking);
    if (reason !== null) out.push({ type: "close", reason });
    else this.#crew.tick(now, out);
  }

  #tickCodec(now: number, out: Effect[]): void {
    if (this.#codec.tick === undefined || this.#phase.type !== "online") return;
    const { send, at, receipts = [] } = this.#codec.tick(now);
    this.#crew.told(receipts, now, out);
    for (const bytes of send) out.push({ type: "write", bytes });
    this.#clock.codecAt = at;
    // The receipts may have made room for parts that the codec took over.
    if (receipts.length > 0) return this.#tickCodec(now, out);
    if (this.#codec.ready === true) this.#crew.own?.deliveries.resume(now, out);
  }

  #finishEnding(now: number, out: Effect[]): void {
    if (this.#ending === null || closes(out)) return;
    const busy = this.asking || this.#crew.busy;
    if (!busy || now >= this.#ending.by) out.push({ type: "close", reason: this.#ending.reason });
  }

  /** Nothing follows a close but what the store must still learn. */
  #cutAtClose(now: number, out: Effect[]): readonly Effect[] {
    const at = out.findIndex((effect) => effect.type === "close");
    if (at === -1) return out;
    const kept = out.filter((effect, index) => index <= at || effect.type === "drain");
    this.#crew.flush(now, kept);
    this.#phase = { type: "closed" };
    this.#question = null;
    return kept;
  }
}

/** Who a link is that the fleet does not know. */
function nobody(key: string): Identity {
  return { trackerId: 0, deviceId: key, profile: {}, secret: null };
}

/** From a place on: a chunk may hold thousands of frames. */
function closes(out: readonly Effect[], from = 0): boolean {
  for (let at = from; at < out.length; at += 1) if (out[at]?.type === "close") return true;
  return false;
}
