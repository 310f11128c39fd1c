/**
 * One line of one device, for every protocol. Two rules hold here and nowhere else:
 *
 * 1. One question at a time. While the answer to `identify` or `receive` is out, no further frame is read, so a
 *    reply can only follow what was stored.
 * 2. A reply is written after its frame's events are dealt with; an event that could not be stored is not answered.
 *
 * No socket, no store, no clock, no promise: `step(input, now)` returns effects to be performed in order.
 */
import { capabilitiesUnder } from "./capabilities.ts";
import { earlier } from "./claims.ts";
import { decodeFrame } from "./decode-frame.ts";
import { Deliveries } from "./deliveries.ts";
import { deviceText } from "./device-text.ts";
import type { Framed } from "./framing.ts";
import { LineClock } from "./line-clock.ts";
import { Noise } from "./noise.ts";
import type { Codec, DeviceEvent, Identity, Protocol, Reading, Verdict } from "./protocol.ts";
import type { CloseReason, DeviceText, Effect, Input, LoginVerdict, SessionLimits, SessionOptions } from "./session-io.ts";
import { Strikes } from "./strikes.ts";
import { Tally } from "./tally.ts";

type Hello = Extract<DeviceEvent, { type: "hello" }>;

type Phase =
  | { readonly type: "greeting" }
  | { readonly type: "online"; readonly key: string; readonly identity: Identity; readonly deliveries: Deliveries }
  | { readonly type: "closed" };

type Question =
  /** `frame`: to be decoded again once its login is accepted. */
  | { readonly type: "identify"; readonly hello: Hello; readonly reading: Reading; readonly frame: Buffer | null }
  | { readonly type: "receive"; readonly reading: Reading };

interface Heard {
  readonly reading: Reading;
  readonly frame: Buffer;
}

/** A text among the first frames after login may be a re-send of the previous line's last text. */
const EARLY_FRAMES = 3;

export class Session {
  /** To be taken after a step by whoever counts. */
  readonly tally = new Tally();
  readonly #protocol: Protocol;
  readonly #limits: SessionLimits;
  readonly #codec: Codec;
  readonly #clock: LineClock;
  #phase: Phase = { type: "greeting" };
  #question: Question | null = null;
  #ending: { readonly reason: CloseReason; readonly by: number } | null = null;
  readonly #strikes: Strikes;
  readonly #noise: Noise;
  #refusals = 0;
  #framesOnline = 0;
  /** A reply was owed or written since bytes last came: what is read now was sent before the device saw it. */
  #replied = false;
  /** We acknowledged a text and no frame has followed yet. */
  #unpassed = false;

  constructor(options: SessionOptions) {
    this.#protocol = options.protocol;
    this.#limits = options.limits;
    this.#strikes = new Strikes(options.limits.strikes);
    this.#noise = new Noise(this.#strikes);
    this.#codec = options.protocol.connect(options.environment);
    this.#clock = new LineClock(options.limits, options.now);
  }

  /** When to call `step({ type: "tick" })` next (monotonic ms); null: not until something else happens. */
  get deadline(): number | null {
    if (this.#phase.type === "closed") return null;
    const own = earlier(this.#clock.deadline(this.asking), this.#ending?.by ?? null);
    return this.#phase.type === "online" ? earlier(own, this.#phase.deliveries.deadline) : own;
  }

  /** A question is open: do not read from the device meanwhile. */
  get asking(): boolean {
    return this.#question !== null;
  }

  get identity(): Identity | null {
    return this.#phase.type === "online" ? this.#phase.identity : null;
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
        return this.#identified(input.verdict, now, out);
      case "received":
        return this.#received(input.verdict, out);
      case "hint":
        return this.#deliveries?.hint(now, out);
      case "drained":
        return this.#deliveries?.drained(input.result, now, out);
      case "tick":
        return this.#tick(now, out);
      case "end":
        this.#ending = { reason: input.reason, by: now + input.graceMs };
        return this.#deliveries?.stop();
    }
  }

  get #deliveries(): Deliveries | undefined {
    return this.#phase.type === "online" ? this.#phase.deliveries : undefined;
  }

  #bytes(chunk: Buffer, now: number): void {
    this.#replied = false;
    this.#clock.heard(now);
    this.#deliveries?.bytesArrived(chunk.length);
    this.#codec.framer.push(chunk);
  }

  /** Reads frame after frame until one asks a question or the bytes run out. */
  #pull(now: number, out: Effect[]): void {
    for (let seen = 0; this.#question === null && !closes(out, seen); ) {
      const framed = this.#codec.framer.next();
      if (framed === null) break;
      seen = out.length;
      this.#clock.frameEnded();
      if (framed.kind === "noise") this.#noise.heard(framed, out);
      else this.#framed(framed, now, out);
    }
    this.#noise.tell(out);
    if (this.#question === null) this.#halfFrame(now);
    this.#tickCodec(now, out);
  }

  /** What was half a frame may have turned out to be none. */
  #halfFrame(now: number): void {
    if (this.#codec.framer.buffered === 0) return this.#clock.frameEnded();
    this.#clock.frameBegan(now);
    if (this.#replied) this.#deliveries?.disqualifyImplied(now);
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
    const reading = decodeFrame(this.#codec, bytes, out);
    this.#noteBad(reading, bytes, out);
    const hello = reading.events.find((event) => event.type === "hello");
    if (hello !== undefined) return this.#hello(hello, { reading, frame: bytes }, out);
    if (this.#phase.type !== "online") return this.#beforeLogin(reading, bytes, out);
    this.#framesOnline += 1;
    if (this.#replied) this.#phase.deliveries.disqualifyImplied(now);
    this.#phase.deliveries.frameArrived(now, out);
    this.#markPassed(out);
    this.#events({ reading, frame: bytes }, this.#phase.deliveries, now, out);
  }

  #noteBad(reading: Reading, bytes: Buffer, out: Effect[]): void {
    const bad = reading.events.find((event) => event.type === "bad");
    if (bad === undefined) return this.#strikes.forget();
    out.push({ type: "note", kind: "bad-frame", reason: bad.reason, bytes: Buffer.from(bytes) });
    this.#strikes.bad(out);
  }

  #beforeLogin(reading: Reading, bytes: Buffer, out: Effect[]): void {
    if (reading.events.every((event) => event.type === "bad")) return this.#answer(reading, null, out);
    out.push({ type: "note", kind: "before-login", reason: "a frame before the login", bytes: Buffer.from(bytes) });
    this.#strikes.bad(out);
  }

  #hello(hello: Hello, { reading, frame }: Heard, out: Effect[]): void {
    if (this.#phase.type !== "online") {
      const again = reading.again === true && hello.scope === "login";
      this.#question = { type: "identify", hello, reading, frame: again ? Buffer.from(frame) : null };
      out.push({ type: "identify", scope: hello.scope, key: hello.key, password: hello.password });
      return;
    }
    const { identity, key } = this.#phase;
    if (hello.key !== key) {
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
    if (question.hello.scope === "login") this.#goOnline(question.hello, verdict, now);
    if (question.frame === null) this.#answer(question.reading, verdict, out);
    else this.#frame(question.frame, now, out);
    this.#deliveries?.hint(now, out);
  }

  #goOnline(hello: Hello, verdict: Extract<LoginVerdict, { type: "accepted" }>, now: number): void {
    const { identity, standing } = verdict;
    this.#codec.identified(identity);
    this.#clock.loggedIn();
    const implied = identity.profile["receipts"] === "implied";
    const capabilities = capabilitiesUnder(this.#protocol, identity.profile);
    const receiptMs = Math.max(this.#limits.receiptMs, capabilities.receiptMs ?? 0);
    const deliveries = new Deliveries({ codec: this.#codec, capabilities, standing, receiptMs, implied, now, tally: this.tally });
    this.#phase = { type: "online", key: hello.key, identity, deliveries };
  }

  #refuse(verdict: Extract<Verdict, { type: "refused" }>, reading: Reading, out: Effect[]): void {
    out.push({ type: "note", kind: "refused", reason: verdict.reason, bytes: null });
    this.#answer(reading, verdict, out);
  }

  #events({ reading, frame }: Heard, deliveries: Deliveries, now: number, out: Effect[]): void {
    const texts: DeviceText[] = [];
    for (const event of reading.events) {
      if (event.type === "status") out.push({ type: "status", status: event });
      else if (event.type === "text" || event.type === "answer") texts.push(deviceText(event, deliveries, out));
      else deliveries.told({ event, frame }, now, out);
    }
    const spoken = texts.filter((text) => text.text.trim() !== "");
    if (spoken.length > 0) {
      this.#question = { type: "receive", reading };
      out.push({ type: "receive", texts: spoken, early: this.#framesOnline <= EARLY_FRAMES });
      return;
    }
    this.#answer(reading, null, out);
    if (reading.events.some((event) => event.type === "bye")) out.push({ type: "close", reason: "bye" });
  }

  #received(verdict: "stored" | "unavailable", out: Effect[]): void {
    const question = this.#question;
    if (question?.type !== "receive") return;
    this.#question = null;
    if (verdict === "stored") {
      this.#unpassed = true;
      this.#answer(question.reading, null, out);
    } else if (this.#protocol.capabilities.unstored === "close") out.push({ type: "close", reason: "not-stored" });
  }

  #markPassed(out: Effect[]): void {
    if (!this.#unpassed) return;
    this.#unpassed = false;
    out.push({ type: "passed" });
  }

  #answer(reading: Reading, verdict: Verdict | null, out: Effect[]): void {
    if (reading.reply === undefined) return;
    const bytes = typeof reading.reply === "function" ? reading.reply(verdict ?? this.#acceptedVerdict()) : reading.reply;
    if (bytes === null) return;
    out.push({ type: "write", bytes });
    this.#replied = true;
    this.#deliveries?.replied();
  }

  #acceptedVerdict(): Verdict {
    return this.#phase.type === "online"
      ? { type: "accepted", identity: this.#phase.identity }
      : { type: "refused", reason: "unknown-device" };
  }

  #tick(now: number, out: Effect[]): void {
    const reason = this.#clock.expired(now, this.asking);
    if (reason !== null) out.push({ type: "close", reason });
    else this.#deliveries?.tick(now, out);
  }

  #tickCodec(now: number, out: Effect[]): void {
    if (this.#codec.tick === undefined || this.#phase.type !== "online") return;
    const { send, at, receipts = [] } = this.#codec.tick(now);
    for (const receipt of receipts) this.#phase.deliveries.told(receipt, now, out);
    for (const bytes of send) out.push({ type: "write", bytes });
    this.#clock.codecAt = at;
    // The receipts may have made room for parts that the codec took over.
    if (receipts.length > 0) return this.#tickCodec(now, out);
    if (this.#codec.ready === true) this.#phase.deliveries.resume(now, out);
  }

  #finishEnding(now: number, out: Effect[]): void {
    if (this.#ending === null || closes(out)) return;
    const busy = this.#question !== null || (this.#deliveries?.busy ?? false);
    if (!busy || now >= this.#ending.by) out.push({ type: "close", reason: this.#ending.reason });
  }

  /** Nothing follows a close but what the store must still learn. */
  #cutAtClose(now: number, out: Effect[]): readonly Effect[] {
    const at = out.findIndex((effect) => effect.type === "close");
    if (at === -1) return out;
    const kept = out.filter((effect, index) => index <= at || effect.type === "drain");
    this.#deliveries?.flush(now, kept);
    this.#phase = { type: "closed" };
    this.#question = null;
    return kept;
  }
}

/** From a place on: a chunk may hold thousands of frames. */
function closes(out: readonly Effect[], from = 0): boolean {
  for (let at = from; at < out.length; at += 1) if (out[at]?.type === "close") return true;
  return false;
}
