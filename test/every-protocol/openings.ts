/** Where a line may be when something goes wrong: behind what a device of a transcript has said before. */
import type { Codec, Identity, Protocol, Transcript } from "../../src/core/index.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import type { Subject } from "./subject.ts";
import { unitsOf } from "./units.ts";

/** Different openings that are tried for one protocol. */
const MAX_OPENINGS = 16;
/** Two of the same length that begin alike are the same. */
const LIKE_BYTES = 6;

export interface Opening {
  /** Of the transcript. */
  readonly title: string;
  readonly identity: Identity;
  readonly before: readonly Buffer[];
  /** What the device writes next. */
  readonly bytes: Buffer;
}

/** Spread over all transcripts of the protocol. */
export function openingsOf({ protocol, transcripts }: Subject): readonly Opening[] {
  const found = new Map<string, Opening>();
  for (const { transcript } of transcripts)
    for (const opening of openingsIn(protocol, transcript)) {
      const key = `${opening.bytes.length} ${opening.bytes.toString("hex", 0, LIKE_BYTES)}`;
      if (!found.has(key)) found.set(key, opening);
    }
  const stride = Math.max(1, found.size / MAX_OPENINGS);
  return [...found.values()].filter((_, index) => Math.floor(index / stride) > Math.floor((index - 1) / stride));
}

/** A codec that has heard all that came before. */
export function codecAt(protocol: Protocol, { identity, before }: Opening): Codec {
  const codec = protocol.connect();
  for (const bytes of before) for (const unit of unitsOf(codec.framer, bytes)) if (unit.kind === "frame") hear(codec, unit.bytes, identity);
  return codec;
}

function hear(codec: Codec, frame: Buffer, identity: Identity): void {
  const { events, reply } = codec.decode(frame);
  if (events.some((event) => event.type === "hello" && event.scope === "login")) codec.identified(identity);
  if (typeof reply === "function") reply({ type: "accepted", identity });
}

function openingsIn(protocol: Protocol, { title, deviceId, profile, steps }: Transcript): readonly Opening[] {
  const identity = { trackerId: 1, deviceId, profile: checkedProfile(protocol, profile), secret: null };
  const openings: Opening[] = [];
  let before: readonly Buffer[] = [];
  for (const step of steps) {
    if (step.type === "connect") before = [];
    if (step.type !== "up" || step.bytes.length < 2) continue;
    openings.push({ title, identity, before, bytes: step.bytes });
    before = [...before, step.bytes];
  }
  return openings;
}
