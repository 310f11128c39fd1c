/** Plays a transcript against the real Session on virtual time and a store, and says what differs from it. */
import type { MessageStore } from "../../src/chat/ports.ts";
import { type Protocol, type Settlement, type Step, startsWith, type Transcript } from "../../src/core/index.ts";
import { StoredLine } from "./stored-line.ts";

export { LIMITS } from "./limits.ts";

export interface Rehearsal {
  /** Each difference as one line; empty: the conversation went as the transcript says. */
  readonly differences: readonly string[];
}

interface RehearsalWorld {
  /** Takes its time from `clock.now`. */
  readonly store: MessageStore;
  readonly clock: { now: number };
  readonly profile: Readonly<Record<string, unknown>>;
}

/** `cut` says how up-going bytes are segmented (default: whole). */
export async function rehearse(
  transcript: Transcript,
  protocol: Protocol,
  world: RehearsalWorld,
  cut: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes],
): Promise<Rehearsal> {
  const stage = new Stage(transcript, protocol, world);
  for (const step of transcript.steps) await stage.play(step, cut);
  stage.expectQuiet("at the end");
  return { differences: stage.differences };
}

class Stage {
  readonly differences: string[] = [];
  readonly #clock: { now: number };
  readonly #line: StoredLine;

  constructor(transcript: Transcript, protocol: Protocol, { store, clock, profile }: RehearsalWorld) {
    const { deviceId, password } = transcript;
    this.#clock = clock;
    this.#line = new StoredLine({ protocol, deviceId, password, profile, store, clock });
  }

  async play(step: Step, cut: (bytes: Buffer) => readonly Buffer[]): Promise<void> {
    if (isInput(step)) this.expectQuiet(`before line ${step.line}`);
    switch (step.type) {
      case "up":
        for (const piece of cut(step.bytes)) await this.#line.step({ type: "bytes", chunk: Buffer.from(piece) });
        return;
      case "send":
        await this.#line.send(step.text, step);
        return;
      case "wait":
        return this.#wait(step.ms);
      case "connect":
        return this.#line.connect();
      case "store":
        this.#line.up = step.up;
        return;
      case "down":
        return this.#expectBytes(step);
      case "text":
        return this.#expect(step.line, "stored text", this.#line.texts.shift(), step.text);
      case "settled":
        return this.#expectSettled(step);
      case "note":
        return this.#expectNote(step);
      case "closed":
        this.#expect(step.line, "close reason", this.#line.closed, step.reason);
        this.#line.closed = null;
    }
  }

  expectQuiet(when: string): void {
    const { written, texts, closed } = this.#line;
    if (written.length > 0) this.differences.push(`${when}: unexpected bytes ${show(Buffer.concat(written))}`);
    if (texts.length > 0) this.differences.push(`${when}: unexpected texts ${JSON.stringify(texts)}`);
    if (closed !== null) this.differences.push(`${when}: closed unexpectedly: ${closed}`);
    written.length = 0;
    texts.length = 0;
    this.#line.closed = null;
  }

  async #wait(ms: number): Promise<void> {
    const until = this.#clock.now + ms;
    for (let turns = 0; turns < 10_000; turns += 1) {
      const at = this.#line.deadline;
      if (at === null || at > until) break;
      this.#clock.now = Math.max(this.#clock.now, at);
      await this.#line.step({ type: "tick" });
    }
    this.#clock.now = until;
  }

  #expectBytes(step: Extract<Step, { type: "down" }>): void {
    const bytes = Buffer.concat(this.#line.written.splice(0));
    if (!startsWith(bytes, step.pattern)) {
      const wanted = step.pattern.map((byte) => (byte === null ? "??" : byte.toString(16).padStart(2, "0"))).join("");
      this.differences.push(`line ${step.line}: expected bytes ${wanted}, got ${show(bytes)}`);
    }
    const rest = bytes.subarray(step.pattern.length);
    if (rest.length > 0) this.#line.written.push(rest);
  }

  #expectSettled(step: Extract<Step, { type: "settled" }>): void {
    const settled = this.#settled();
    this.#expect(step.line, "settlement", settled?.type, step.outcome);
    if (step.reason !== null) this.#expect(step.line, "reason", settled?.type === "rejected" ? settled.reason : null, step.reason);
  }

  /** The next settlement that ended a text. */
  #settled(): Settlement | undefined {
    for (let next = this.#line.settlements.shift(); next !== undefined; next = this.#line.settlements.shift())
      if (ENDINGS.has(next.type)) return next;
    return undefined;
  }

  #expectNote(step: Extract<Step, { type: "note" }>): void {
    const kinds: readonly string[] = this.#line.notes.map(({ kind }) => kind);
    const at = kinds.indexOf(step.kind);
    if (at === -1) this.differences.push(`line ${step.line}: expected a note ${step.kind}, got ${kinds.join(", ") || "none"}`);
    this.#line.notes.splice(0, at + 1);
  }

  #expect(line: number, what: string, got: unknown, wanted: unknown): void {
    if (got !== wanted)
      this.differences.push(`line ${line}: expected ${what} ${JSON.stringify(wanted)}, got ${JSON.stringify(got ?? null)}`);
  }
}

const ENDINGS: ReadonlySet<Settlement["type"]> = new Set(["delivered", "unconfirmed", "rejected"]);

function isInput(step: Step): boolean {
  return ["up", "send", "wait", "connect", "store"].includes(step.type);
}

function show(bytes: Buffer): string {
  return `${bytes.toString("hex")} ${JSON.stringify(bytes.toString("utf8"))}`;
}
