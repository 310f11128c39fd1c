/** Every committed conversation goes as it says, whole and byte by byte. */
import { expect, it } from "vitest";
import type { Profile } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { rehearse } from "../support/rehearse.ts";
import { cut } from "./effects.ts";
import type { Subject } from "./subject.ts";

const START = Date.UTC(2026, 10, 22);

export function plays({ protocol, transcripts }: Subject): void {
  const named = transcripts.map((one) => [one.file, one] as const);

  it.each(named)("plays %s", async (_file, { transcript, profile }) => {
    const whole = await rehearse(transcript, protocol, world(profile));
    expect(whole.differences).toEqual([]);
  });

  it.each(named)("plays %s byte by byte", async (_file, { transcript, profile }) => {
    const single = await rehearse(transcript, protocol, world(profile), (bytes) => cut(bytes, [1]));
    expect(single.differences).toEqual([]);
  });
}

function world(profile: Profile) {
  const clock = { now: START };
  return { store: new MemoryStore(() => clock.now), clock, profile };
}
