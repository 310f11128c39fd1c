/**
 * A recording as a transcript: a session that accepts everything listens to what the device said, so that the driver's texts
 * stand where they were heard. What the other side said stands as it was recorded.
 */
import { type Effect, type Input, type NewStep, type Protocol, Session, transcriptHead, transcriptLine } from "../core/index.ts";
import { checkedProfile } from "./checked-profile.ts";
import type { Piece, Recording } from "./recordings/recording.ts";

/** Shorter pauses are not worth a line. */
const PAUSE_MS = 1_000;
/** What the bounds of lines are does not matter here: time only passes as the recording says. */
const LIMITS = { loginMs: 1e9, idleMs: 1e9, halfFrameMs: 1e9, receiptMs: 1e9, strikes: 1_000, loginAttempts: 1_000 };

export interface TranscribeOptions {
  readonly protocol: Protocol;
  /** The tracker's profile, as in the fleet. */
  readonly profile: Readonly<Record<string, unknown>>;
}

/** The text of the transcript. */
export function transcribe(recording: Recording, { protocol, profile }: TranscribeOptions): string {
  const listener = new Listener(protocol, profile);
  const steps: NewStep[] = [];
  let last: number | null = null;
  for (const piece of recording.pieces) {
    const pause = piece.at === null || last === null ? 0 : piece.at - last;
    if (pause >= PAUSE_MS) steps.push({ type: "wait", ms: pause - (pause % PAUSE_MS) });
    last = piece.at ?? last;
    steps.push(...listener.hear(piece));
  }
  const head = { title: recording.name, protocol: protocol.name, deviceId: listener.deviceId, password: null, profile, units: [] };
  return transcriptHead(head) + steps.map(transcriptLine).join("");
}

class Listener {
  deviceId = "";
  readonly #session: Session;
  readonly #profile: Readonly<Record<string, unknown>>;

  constructor(protocol: Protocol, profile: Readonly<Record<string, unknown>>) {
    this.#profile = checkedProfile(protocol, profile);
    this.#session = new Session({ protocol, limits: LIMITS, now: 0 });
  }

  hear({ direction, bytes }: Piece): readonly NewStep[] {
    if (direction === "down") return [{ type: "down", pattern: [...bytes] }];
    const texts: NewStep[] = [];
    const inputs: Input[] = [{ type: "bytes", chunk: Buffer.from(bytes) }];
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const effects = this.#session.step(input, 0);
      texts.push(...effects.flatMap(heardTexts));
      inputs.push(...effects.map((effect) => this.#answer(effect)).filter((answer) => answer !== null));
    }
    return [{ type: "up", bytes }, ...texts];
  }

  #answer(effect: Effect): Input | null {
    if (effect.type === "receive") return { type: "received", verdict: "stored" };
    if (effect.type === "drain") return { type: "drained", result: { type: "drained", texts: [], waiting: 0, dueInMs: null } };
    if (effect.type !== "identify") return null;
    this.deviceId ||= effect.key;
    const identity = { trackerId: 1, deviceId: effect.key, profile: this.#profile, secret: null };
    const standing = { proven: false, closings: 0, sinceClosingMs: null };
    return { type: "identified", verdict: { type: "accepted", identity, standing } };
  }
}

function heardTexts(effect: Effect): readonly NewStep[] {
  return effect.type === "receive"
    ? effect.texts.map(({ text }) => ({ type: "text", unit: effect.unit ?? null, text, answers: null }))
    : [];
}
