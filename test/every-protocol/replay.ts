/** Every committed conversation goes as it says, whole and byte by byte. */
import { expect, it } from "vitest";
import type { Protocol, Transcript } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { rehearse } from "../support/rehearse.ts";
import { cut } from "./effects.ts";
import type { Subject } from "./subject.ts";

const START = Date.UTC(2026, 10, 22);

export function plays({ protocol, transcripts }: Subject): void {
  const named = transcripts.map(({ file, transcript }) => [file, transcript] as const);

  it.each(named)("plays %s", async (_file, transcript) => {
    const whole = await rehearse(transcript, protocol, world(protocol, transcript));
    expect(whole.differences).toEqual([]);
  });

  it.each(named)("plays %s byte by byte", async (_file, transcript) => {
    const single = await rehearse(transcript, protocol, world(protocol, transcript), (bytes) => cut(bytes, [1]));
    expect(single.differences).toEqual([]);
  });
}

function world(protocol: Protocol, transcript: Transcript) {
  const clock = { now: START };
  return { store: new MemoryStore(() => clock.now), clock, profile: checkedProfile(protocol, transcript.profile) };
}
