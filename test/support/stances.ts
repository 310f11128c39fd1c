/** The settings under which every protocol is tried: those that its own transcripts use. */
import type { Profile, Protocol, Transcript } from "../../src/core/index.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { transcriptsOf } from "./transcripts.ts";

export interface Stance {
  /** The profile as a transcript writes it, for the names of tests. */
  readonly name: string;
  readonly deviceId: string;
  /** Checked. */
  readonly profile: Profile;
  /** Texts that dispatchers send in the transcripts of this profile. */
  readonly texts: readonly string[];
}

/** One for each different profile, all for the device that most transcripts are about. */
export function stancesOf(protocol: Protocol): readonly Stance[] {
  const transcripts = transcriptsOf(protocol).map(({ transcript }) => transcript);
  const deviceId = mostFrequent(transcripts.map((transcript) => transcript.deviceId));
  const names = new Set(transcripts.map(({ profile }) => JSON.stringify(profile)));
  return [...names].map((name) => {
    const played = transcripts.filter((transcript) => JSON.stringify(transcript.profile) === name);
    const profile = checkedProfile(protocol, played[0]?.profile ?? {});
    return { name, deviceId, profile, texts: [...new Set(played.flatMap(textsOf))] };
  });
}

function textsOf({ steps }: Transcript): readonly string[] {
  return steps.flatMap((step) => (step.type === "send" && step.choices === null ? [step.text] : []));
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0] as const)[0];
}
