/** What a session of a protocol does with bytes, every question answered at once. */
import { type Effect, type Input, type Profile, type Protocol, Session } from "../../src/core/index.ts";
import { LIMITS } from "../support/limits.ts";
import type { Subject } from "./subject.ts";

/** The effects of a session that is fed these chunks. */
export function effects(protocol: Protocol, chunks: readonly Buffer[], profile: Profile): readonly Effect[] {
  return hear(newSession(protocol), chunks, profile);
}

export function newSession(protocol: Protocol): Session {
  return new Session({ protocol, limits: LIMITS, now: 0 });
}

/** Feeds a session and answers what it asks; every device is welcome under this profile. */
export function hear(session: Session, chunks: readonly Buffer[], profile: Profile): readonly Effect[] {
  const seen: Effect[] = [];
  for (const chunk of chunks) {
    const inputs: Input[] = [{ type: "bytes", chunk }];
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      for (const effect of session.step(input, 0)) {
        seen.push(effect);
        const answer = answerTo(effect, profile);
        if (answer !== null) inputs.push(answer);
      }
    }
  }
  return seen;
}

/** Where our own code failed. */
export function defects(seen: readonly Effect[]): readonly string[] {
  return seen.flatMap((effect) => (effect.type === "note" && effect.kind === "defect" ? [effect.reason] : []));
}

/** What the devices of the committed conversations say, one buffer each. */
export function conversationsOf({ transcripts }: Subject): readonly Buffer[] {
  return transcripts.map(({ transcript }) => Buffer.concat(transcript.steps.flatMap((step) => (step.type === "up" ? [step.bytes] : []))));
}

/** Pieces of these sizes, taken in turn. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

function answerTo(effect: Effect, profile: Profile): Input | null {
  if (effect.type === "receive") return { type: "received", verdict: "stored" };
  if (effect.type !== "identify") return null;
  const identity = { trackerId: 1, deviceId: effect.key, profile, secret: null };
  return { type: "identified", verdict: { type: "accepted", identity, standing: { proven: false, closings: 0, sinceClosingMs: null } } };
}
