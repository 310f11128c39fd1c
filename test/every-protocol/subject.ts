/** A protocol under test: what its transcripts tell about the devices and settings to try it with. */
import {
  type Capabilities,
  capabilitiesUnder,
  encodeText,
  type Preview,
  type Profile,
  type Protocol,
  type Transcript,
} from "../../src/core/index.ts";
import { profileChecker } from "../../src/tools/checked-profile.ts";
import { type NamedTranscript, transcriptsOf } from "../support/transcripts.ts";

export interface Subject {
  readonly protocol: Protocol;
  readonly transcripts: readonly CheckedTranscript[];
  /** One for each profile that a transcript has. */
  readonly stances: readonly Stance[];
}

/** A transcript with its profile checked. */
export interface CheckedTranscript extends NamedTranscript {
  readonly profile: Profile;
}

/** A profile under which the protocol is tried, with a device that exists. */
export interface Stance {
  /** The profile as the transcript writes it, for the names of tests. */
  readonly name: string;
  /** The device that most transcripts are about. */
  readonly deviceId: string;
  /** Checked. */
  readonly profile: Profile;
  readonly capabilities: Capabilities;
  /** Texts that reach the driver as they are; empty where nothing shows texts. */
  readonly sayable: readonly string[];
  /** What drivers say in the transcripts. */
  readonly spoken: readonly string[];
}

export function subjectOf(protocol: Protocol): Subject {
  const check = profileChecker(protocol);
  const transcripts = transcriptsOf(protocol).map((one) => ({ ...one, profile: check(one.transcript.profile) }));
  const played = transcripts.map(({ transcript }) => transcript);
  const deviceId = mostFrequent(played.map((transcript) => transcript.deviceId));
  const names = new Set(played.map(({ profile }) => JSON.stringify(profile)));
  const stances = [...names].map((name) => {
    const own = played.filter((transcript) => JSON.stringify(transcript.profile) === name);
    const profile = check(own[0]?.profile ?? {});
    const texts = { sayable: sayable(protocol, profile, textsOf(own, "send")), spoken: textsOf(own, "text") };
    return { name, deviceId, profile, capabilities: capabilitiesUnder(protocol, profile), ...texts };
  });
  return { protocol, transcripts, stances };
}

/** For `it.each`: each stance behind its name. */
export function named(stances: readonly Stance[]): readonly (readonly [string, Stance])[] {
  return stances.map((stance) => [stance.name, stance]);
}

/** What a text may be made of, as far as a device can show it. */
const SAMPLES = "abcXYZ0189ЖжЩщĄ中文字Üß😀";
const PLAIN = "Hello driver 1";
/** A long text has this many parts and a little, or as many bytes. */
const LONG_PARTS = 2.2;
const LONG_BYTES = 2_500;

/** A short text, one with every kind of letter that the charset has, one in parts, and what the transcripts send. */
function sayable(protocol: Protocol, profile: Profile, sent: readonly string[]): readonly string[] {
  const preview = (text: string): Preview => protocol.preview(text, profile);
  const letters = [...SAMPLES].filter((letter) => whole(preview(`${letter}1`))).join("");
  const unit = `${PLAIN} ${letters}`.trim();
  const { charset, bytesPerPart } = preview(PLAIN);
  const bytes = Math.min(LONG_BYTES, LONG_PARTS * bytesPerPart);
  const long = `${unit} `.repeat(Math.ceil(bytes / encodeText(unit, charset).bytes.length)).trim();
  const printable = sent.filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text));
  return [...new Set([PLAIN, unit, long, ...printable])].filter((text) => whole(preview(text)));
}

function whole({ lost, empty }: Preview): boolean {
  return lost.length === 0 && !empty;
}

function textsOf(transcripts: readonly Transcript[], type: "send" | "text"): readonly string[] {
  const steps = transcripts.flatMap((transcript) => transcript.steps);
  return [...new Set(steps.flatMap((step) => (step.type === type && !("choices" in step && step.choices !== null) ? [step.text] : [])))];
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0] as const)[0];
}
