/**
 * One line that hears one input: the real session and codec, with the chat, the store and the clock played by a seed. What
 * must hold whatever comes is checked after every step.
 */
import { type Codec, type Effect, type Input, type LoginVerdict, type Profile, type Protocol, Session } from "../../src/core/index.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";
import { LIMITS } from "../support/limits.ts";
import { HELD_BYTES } from "./codec.ts";
import { featureOf, plain, told } from "./told.ts";
import { Xorshift } from "./xorshift.ts";

export interface LineInput {
  readonly profile: Profile;
  readonly chunks: readonly Buffer[];
  /** How the questions are answered and how time passes; null: at once, kindly, with nothing to send, in no time. */
  readonly seed: number | null;
  /** Only the time counts: nothing is written down. */
  readonly timed?: boolean;
}

/** What a line did, in order. */
export interface Story {
  /** Effects as text, those of `writes` left out where the codec has a timer. */
  readonly effects: readonly string[];
  /** What was written where the codec has a timer: some hold their words back while a frame is coming in, so only their order is chance. */
  readonly writes: readonly string[];
}

export interface Heard {
  /** What must not happen, each in a line. */
  readonly faults: readonly string[];
  /** What the input made happen, for comparing inputs with each other. */
  readonly features: ReadonlySet<string>;
  /** Only without a seed, when two ways to cut the same bytes must come to the same. */
  readonly story: Story;
  readonly written: readonly Buffer[];
  /** Bytes that came before the line was over. */
  readonly bytes: number;
  /** Questions to the store. */
  readonly asked: number;
}

/** As the gateway hands them to its sessions. */
const SLICE_BYTES = 4 * 1024;
/** Bytes written in one step, whatever the frame said. */
const WRITTEN_BYTES = 512 * 1024;
/** Looks at one line's clock that lead to nothing. */
const IDLE_TICKS = 50;
const TEXTS = [...Object.values(HOSTILE_TEXTS), "x".repeat(700), "\u{1F600}".repeat(100), "ok"];
/** What may pass between two chunks, in milliseconds: mostly little, for a line that is over hears nothing. */
const PAUSES = [0, 0, 0, 1, 400, 2_500];
const LONG_PAUSES = [5_000, 16_000, 31_000, 70_000, 901_000];
const ONE_LONG_IN = 20;

export function hear(protocol: Protocol, input: LineInput): Heard {
  const line = new FuzzedLine(protocol, input);
  for (const chunk of input.chunks) line.hear(chunk);
  line.end();
  return line;
}

class FuzzedLine implements Heard {
  readonly faults: string[] = [];
  readonly features = new Set<string>();
  readonly written: Buffer[] = [];
  bytes = 0;
  asked = 0;
  readonly #profile: Profile;
  readonly #random: Xorshift | null;
  readonly #session: Session;
  #codec: Codec | null = null;
  #now = 0;
  #closed = false;
  #open: Input | null = null;
  #lastEvent = "";
  #id = 0;
  readonly #timed: boolean;
  readonly #effects: string[] = [];
  readonly #writes: string[] = [];
  #noise = "";

  constructor(protocol: Protocol, { profile, seed, timed = false }: LineInput) {
    this.#profile = profile;
    this.#timed = timed;
    this.#random = seed === null ? null : new Xorshift(seed);
    const wallClock = (): number => 1_795_305_600_000 + this.#now;
    this.#session = new Session({ protocol: this.#watched(protocol), limits: LIMITS, now: 0, environment: { wallClock } });
  }

  /** Noise is cut as the stream is, so only its bytes count; how much of it was seen when it ended the line is chance. */
  get story(): Story {
    const ended = ["broken-stream", "too-many-bad-frames"].some((reason) => this.#effects.includes(`close ${reason}`));
    const noise = ended ? "" : this.#noise;
    return { effects: [...this.#effects, `noise ${noise}`], writes: this.#writes };
  }

  hear(chunk: Buffer): void {
    if (this.faults.length > 0) return;
    this.#pass();
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const slice = chunk.subarray(at, at + SLICE_BYTES);
      if (!this.#closed) this.bytes += slice.length;
      this.#step({ type: "bytes", chunk: slice });
    }
    const held = this.#codec?.framer.buffered ?? 0;
    if (held > HELD_BYTES) this.faults.push(`holds back ${held} bytes`);
  }

  end(): void {
    if (this.faults.length > 0 || this.#random === null) return;
    this.#answerOpen();
    this.#pass();
    this.#step({ type: "end", reason: "drain", graceMs: this.#random.below(2) * 2_000 });
    this.#now += 2_000;
    this.#step({ type: "tick" });
    if (!this.#closed && this.faults.length === 0) this.faults.push("did not end when it was told to");
  }

  /** Time goes by, and with it whatever becomes due. */
  #pass(): void {
    if (this.#random === null) return;
    this.#now += this.#random.pick(this.#random.once(ONE_LONG_IN) ? LONG_PAUSES : PAUSES);
    if (this.#random.once(4)) this.#step({ type: "hint" });
    for (let ticks = 0; (this.#session.deadline ?? Infinity) <= this.#now; ticks += 1) {
      if (ticks === IDLE_TICKS) return void this.faults.push("is due again and again without time passing");
      this.#step({ type: "tick" });
      this.#answerOpen();
    }
  }

  #answerOpen(): void {
    const answer = this.#open;
    this.#open = null;
    if (answer !== null) this.#step(answer);
  }

  #step(input: Input): void {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined && this.faults.length === 0; next = queue.shift()) {
      if (next.type === "identified" || next.type === "received") this.#open = null;
      for (const effect of this.#act(next)) this.#perform(effect, queue);
    }
  }

  #act(input: Input): readonly Effect[] {
    try {
      const effects = this.#session.step(input, this.#now);
      if (this.#closed && effects.length > 0) this.faults.push(`acts after its end: ${effects.map(({ type }) => type).join(", ")}`);
      const close = effects.findIndex(({ type }) => type === "close");
      if (close !== -1 && effects.slice(close + 1).some(({ type }) => type !== "drain")) this.faults.push("acts behind its close");
      this.#closed ||= close !== -1;
      return effects;
    } catch (error) {
      this.faults.push(`throws ${error instanceof Error ? error.stack : String(error)}`);
      return [];
    }
  }

  #perform(effect: Effect, queue: Input[]): void {
    if (!this.#timed) this.#tell(effect);
    switch (effect.type) {
      case "write":
        this.written.push(effect.bytes);
        if (effect.bytes.length > WRITTEN_BYTES) this.faults.push(`writes ${effect.bytes.length} bytes at once`);
        return;
      case "note":
        if (effect.kind === "defect") this.faults.push(`defect: ${effect.reason}`);
        return;
      case "identify":
      case "receive":
        return this.#asked(
          effect.type === "identify"
            ? { type: "identified", verdict: this.#verdict(effect.key) }
            : { type: "received", verdict: this.#store() },
          queue,
        );
      case "drain":
        if (this.#random !== null) queue.push({ type: "drained", unit: effect.unit, result: this.#drained(effect.room) });
        return;
      case "left":
      case "relay":
      case "share":
      case "passed":
      case "status":
      case "close":
        return;
    }
  }

  /** Seldom the answer is late: more bytes come before it. */
  #asked(answer: Input, queue: Input[]): void {
    this.asked += 1;
    if (this.#open !== null) this.faults.push("asks while a question is open");
    this.#open = answer;
    if (this.#random?.once(6) !== true) queue.push(answer);
  }

  #verdict(key: string): LoginVerdict {
    const fate = this.#random?.below(24) ?? 24;
    if (fate === 0) return { type: "unavailable" };
    if (fate === 1) return { type: "refused", reason: "wrong-password" };
    if (fate === 2) return { type: "refused", reason: "unknown-device" };
    const identity = { trackerId: 1, deviceId: key, profile: this.#profile, secret: fate === 3 ? "secret" : null };
    const question = fate % 4 === 1 ? { messageId: 900, choices: ["yes", "no"] } : null;
    return {
      type: "accepted",
      identity,
      standing: { proven: fate % 2 === 0, closings: fate % 3, sinceClosingMs: fate % 3 === 0 ? null : 1_000, question },
    };
  }

  #store(): "stored" | "unavailable" {
    return this.#random?.once(16) === true ? "unavailable" : "stored";
  }

  #drained(room: number): Extract<Input, { type: "drained" }>["result"] {
    const random = this.#random;
    if (random === null || random.once(2)) return { type: "drained", texts: [], waiting: 0, dueInMs: null };
    if (random.once(24)) return { type: random.once(2) ? "unavailable" : "stale" };
    const texts = Array.from({ length: Math.min(room, random.below(3)) }, () => {
      this.#id += 1;
      const again = random.once(6);
      return {
        id: again ? random.below(this.#id) + 1 : this.#id,
        text: random.pick(TEXTS),
        urgent: random.once(4),
        attempt: 1 + random.below(3),
        tag: random.once(8) ? 65_530 + this.#id : this.#id * 64,
        partsAcked: random.once(8) ? 1 : 0,
        choices: random.once(6) ? ["yes", "no", random.pick(TEXTS)] : null,
      };
    });
    return { type: "drained", texts, waiting: random.below(3), dueInMs: random.once(8) ? 1_000 : null };
  }

  #tell(effect: Effect): void {
    this.features.add(featureOf(effect));
    if (this.#random !== null) return;
    if (effect.type === "note" && effect.kind === "noise") this.#noise += effect.bytes?.toString("hex") ?? "";
    else if (effect.type === "write" && this.#codec?.tick !== undefined) this.#writes.push(told(effect));
    else this.#effects.push(told(effect));
  }

  /** The protocol, with what its codec decodes noted. */
  #watched(protocol: Protocol): Protocol {
    return {
      ...protocol,
      connect: (environment) => {
        const codec = protocol.connect(environment);
        this.#codec = codec;
        if (this.#timed) return codec;
        const decode = codec.decode.bind(codec);
        codec.decode = (frame) => {
          const reading = decode(frame);
          for (const event of reading.events) {
            const feature =
              event.type === "bad" ? `bad ${plain(event.reason)}` : event.type === "receipt" ? `receipt ${event.outcome}` : event.type;
            this.features.add(`${this.#lastEvent} > ${feature}`);
            this.#lastEvent = feature;
          }
          return reading;
        };
        return codec;
      },
    };
  }
}
