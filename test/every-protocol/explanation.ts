/** Frames are explained to people: any bytes can be, and no secret is. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { conversationsOf } from "./effects.ts";
import type { Subject } from "./subject.ts";
import { unitsOf } from "./units.ts";

export function explains(subject: Subject): void {
  const { protocol, transcripts } = subject;

  it("explains every frame of its transcripts without a secret in it", () => {
    for (const { transcript } of transcripts) {
      const said = Buffer.concat(transcript.steps.flatMap((step) => (step.type === "up" ? [step.bytes] : [])));
      const frames = unitsOf(protocol.connect().framer, said).flatMap((unit) => (unit.kind === "frame" ? [unit.bytes] : []));
      const words = JSON.stringify(frames.map((frame) => protocol.explain(frame, "up")));
      if (transcript.password !== null) expect(words).not.toContain(transcript.password);
    }
  });

  it("explains any bytes in either direction", () => {
    const piece = fc
      .tuple(fc.constantFrom(...conversationsOf(subject)), fc.nat(), fc.nat(200))
      .map(([said, at, length]) => said.subarray(at % said.length, (at % said.length) + length));
    const anything = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(anything, piece), fc.constantFrom("up", "down"), (frame, direction) => {
        expect(protocol.explain(frame, direction).title).not.toBe("");
      }),
      { numRuns: 300 },
    );
  });
}
