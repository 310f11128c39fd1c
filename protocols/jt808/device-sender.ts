/** The device's own messages: one at a time, each repeated with the same bytes until the platform answers it. */

/** Parameter 0x0002: wait for the platform's answer. After the N-th repetition T(N+1) = T(N) * (N+1) (6.1). */
const ANSWER_MS = 10_000;
/** Parameter 0x0003: repetitions before the link counts as dead. */
const MAX_REPETITIONS = 3;

export interface OwnFrame {
  readonly serial: number;
  readonly bytes: Buffer;
}

export interface Own {
  readonly kind: "login" | "keep-alive" | "text" | "answer";
  readonly id: number;
  /** Of kind `text`. */
  readonly text: string;
  /** Makes the frames, once: a repetition has the same serials and bytes. `held`: indexes (from 0) to leave out the first time. */
  readonly build: () => { readonly frames: readonly OwnFrame[]; readonly held: ReadonlySet<number> };
}

interface Flight {
  readonly own: Own;
  readonly frames: readonly OwnFrame[];
  /** Serials without an answer. */
  readonly open: Set<number>;
  repetitions: number;
  wait: number;
  dueAt: number;
}

export class Sender {
  readonly #waiting: Own[] = [];
  #flight: Flight | null = null;
  /** Frames of texts that were sent over an earlier link: the same again. */
  readonly #built = new Map<Own, readonly OwnFrame[]>();

  get deadline(): number | null {
    const at = this.#flight?.dueAt ?? null;
    return at === Number.POSITIVE_INFINITY ? null : at;
  }

  /** A new link: what belongs to the old one is forgotten, what the driver said is not. */
  restart(): void {
    if (this.#flight !== null) this.#waiting.unshift(this.#flight.own);
    this.#flight = null;
    const kept = this.#waiting.filter((own) => own.kind === "text" || own.kind === "answer");
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }

  /** A login goes first; a keep-alive is not queued twice. */
  add(own: Own): void {
    if (own.kind === "keep-alive" && this.#waiting.some((other) => other.kind === "keep-alive")) return;
    if (own.kind === "login") this.#waiting.unshift(own);
    else this.#waiting.push(own);
  }

  /** Sends what is next, if nothing is under way. `online`: anything but a login may be sent. */
  next(now: number, online: boolean): readonly Buffer[] {
    const own = this.#waiting[0];
    if (this.#flight !== null || own === undefined || (!online && own.kind !== "login")) return [];
    this.#waiting.shift();
    const known = this.#built.get(own);
    const { frames, held } = known === undefined ? own.build() : { frames: known, held: NONE };
    if (own.kind === "text" || own.kind === "answer") this.#built.set(own, frames);
    const open = new Set(frames.map((frame) => frame.serial));
    this.#flight = { own, frames, open, repetitions: 0, wait: ANSWER_MS, dueAt: now + ANSWER_MS };
    return frames.filter((_, index) => !held.has(index)).map((frame) => frame.bytes);
  }

  /** The platform answered: gives the message once all of its frames are answered, else null. */
  answered(serial: number, id: number): Own | null {
    const flight = this.#flight;
    if (flight === null || flight.own.id !== id || !flight.open.delete(serial)) return null;
    if (flight.open.size > 0) return null;
    this.#flight = null;
    this.#built.delete(flight.own);
    return flight.own;
  }

  /** The platform misses fragments (indexes from 1) of the message that began with this serial. */
  again(firstSerial: number, indexes: readonly number[]): readonly Buffer[] {
    const frames = this.#flight?.frames ?? [];
    if (frames[0]?.serial !== firstSerial) return [];
    return frames.filter((_, index) => indexes.includes(index + 1)).map((frame) => frame.bytes);
  }

  /** Repeats what is overdue; `dead`: the platform stayed silent to the end. */
  tick(now: number): { readonly send: readonly Buffer[]; readonly dead: Own | null } {
    const flight = this.#flight;
    if (flight === null || now < flight.dueAt) return { send: [], dead: null };
    if (flight.repetitions >= MAX_REPETITIONS) {
      flight.dueAt = Number.POSITIVE_INFINITY;
      return { send: [], dead: flight.own };
    }
    flight.repetitions += 1;
    flight.wait *= flight.repetitions + 1;
    flight.dueAt = now + flight.wait;
    return { send: flight.frames.filter((frame) => flight.open.has(frame.serial)).map((frame) => frame.bytes), dead: null };
  }
}

const NONE: ReadonlySet<number> = new Set();
