/** One connection as its device sees it: frames out, lines in. */

import type { Endpoint, Link } from "./link.ts";
import type { Random } from "./random.ts";

/** What the device makes of what it hears. */
export interface LineListener {
  loggedIn(line: DeviceLine): void;
  refused(line: DeviceLine, reason: string): void;
  part(line: DeviceLine, tag: string | null, part: string): void;
  removed(line: DeviceLine, tag: string): void;
  /** Our text was acknowledged; the serial where the protocol names it. */
  acknowledged(line: DeviceLine, serial: string | null): void;
  closed(line: DeviceLine, reason: string): void;
}

export interface DeviceLineOptions {
  readonly listener: LineListener;
  readonly random: Random;
  readonly tagged: boolean;
  /** One unanswered frame at a time. */
  readonly strict: boolean;
  after(ms: number, run: () => void): void;
}

interface Outgoing {
  readonly frames: readonly string[];
  /** So many answers come. */
  readonly answers: number;
  readonly whole: boolean;
  readonly sent: () => void;
}

/** The gateway is silent for so long after a frame that deserves an answer: the line is taken for dead. */
const DEAF_MS = 20_000;
const CUT_CHANCE = 0.15;

export class DeviceLine implements Endpoint {
  readonly #options: DeviceLineOptions;
  #link: Link | null = null;
  #buffer = "";
  #online = false;
  #open = true;
  /** Frames that wait for the answer to the one before. */
  readonly #queue: Outgoing[] = [];
  #unanswered = 0;
  /** Counts what was heard, so that a watch knows whether anything was. */
  #heard = 0;
  #answered = 0;

  constructor(options: DeviceLineOptions) {
    this.#options = options;
  }

  get id(): number {
    return this.#link?.id ?? 0;
  }

  get link(): Link | null {
    return this.#link;
  }

  get open(): boolean {
    return this.#open;
  }

  get online(): boolean {
    return this.#open && this.#online;
  }

  begin(link: Link, key: string): void {
    this.#link = link;
    this.ask(`L ${key}`);
  }

  /** Sends a frame that the gateway answers. */
  ask(frame: string): void {
    this.#queue.push({ frames: [frame], answers: 1, whole: false, sent: () => {} });
    this.#flush();
  }

  /** Sends two frames that the gateway answers in one piece. */
  askTwice(frame: string): void {
    this.#queue.push({ frames: [frame, frame], answers: 2, whole: true, sent: () => {} });
    this.#flush();
  }

  /** Sends frames that nobody answers; `whole`: in one piece. `sent` is called when they really go out. */
  tell(frames: readonly string[], whole: boolean, sent: () => void): void {
    this.#queue.push({ frames, answers: 0, whole, sent });
    this.#flush();
  }

  hangUp(reason: string): void {
    if (!this.#open) return;
    this.#link?.abandon("up");
    this.#close(reason);
  }

  received(chunk: Buffer): void {
    if (!this.#open) return;
    this.#heard += 1;
    this.#buffer += chunk.toString("utf8");
    for (let end = this.#buffer.indexOf("\n"); end !== -1 && this.#open; end = this.#buffer.indexOf("\n")) {
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 1);
      this.#hear(line);
    }
  }

  ended(): void {
    if (!this.#open) return;
    this.#link?.finish("up");
    this.#close("ended by the gateway");
  }

  gone(): void {
    this.#close("connection lost");
  }

  #hear(line: string): void {
    const { listener, tagged } = this.#options;
    const [word = "", first = "", rest = ""] = line.split(" ");
    if (word === "M") return tagged ? listener.part(this, first, rest) : listener.part(this, null, first);
    if (word === "X") return listener.removed(this, first);
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    this.#answered += 1;
    if (word === "AL" && first === "ok") {
      this.#online = true;
      listener.loggedIn(this);
    } else if (word === "AL") listener.refused(this, first);
    else if (word === "AT") listener.acknowledged(this, first || null);
    this.#flush();
  }

  #flush(): void {
    while (this.#open && this.#queue.length > 0 && !(this.#options.strict && this.#unanswered > 0)) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      next.sent();
      this.#send(next.frames.map((frame) => `${frame}\n`).join(""), next.whole);
      if (next.answers > 0) this.#await(next.answers);
    }
  }

  #await(answers: number): void {
    const { strict, after } = this.#options;
    this.#unanswered += answers;
    const [heard, answered] = [this.#heard, this.#answered];
    after(DEAF_MS, () => {
      if (this.#heard === heard || (strict && this.#answered === answered)) this.hangUp("no answer");
    });
  }

  /** A stream has no frames: now and then it is cut where it should not be. */
  #send(text: string, whole: boolean): void {
    const { random } = this.#options;
    const bytes = Buffer.from(text);
    const cut = !whole && random.chance(CUT_CHANCE) ? random.between(1, bytes.length - 1) : 0;
    if (cut > 0) this.#link?.send("up", bytes.subarray(0, cut));
    this.#link?.send("up", bytes.subarray(cut));
  }

  #close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.listener.closed(this, reason);
  }
}
