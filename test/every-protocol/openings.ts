/** Where a line may be when something goes wrong: behind what a device of a transcript has said before. */
import type { Codec, Identity, Protocol } from "../../src/core/index.ts";
import type { CheckedTranscript, Subject } from "./subject.ts";
import { unitsOf } from "./units.ts";

/** Different openings that are tried for one protocol. */
const MAX_OPENINGS = 16;
/** Two that begin alike are the same; those of another kind, by even fewer bytes, come first. */
const LIKE_BYTES = 5;
const KIND_BYTES = 2;

export interface Opening {
  /** Of the transcript. */
  readonly title: string;
  readonly identity: Identity;
  readonly before: readonly Buffer[];
  /** What the device writes next. */
  readonly bytes: Buffer;
}

/** As different as the transcripts have them. */
export function openingsOf({ transcripts }: Subject): readonly Opening[] {
  const found = new Map<string, { readonly opening: Opening; readonly ofItsKind: number }>();
  const kinds = new Map<string, number>();
  for (const opening of transcripts.flatMap(openingsIn)) {
    const like = opening.bytes.toString("hex", 0, LIKE_BYTES);
    if (found.has(like)) continue;
    const kind = opening.bytes.toString("hex", 0, KIND_BYTES);
    const ofItsKind = kinds.get(kind) ?? 0;
    kinds.set(kind, ofItsKind + 1);
    found.set(like, { opening, ofItsKind });
  }
  const rarest = [...found.values()].sort((one, other) => one.ofItsKind - other.ofItsKind);
  return rarest.slice(0, MAX_OPENINGS).map(({ opening }) => opening);
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

function openingsIn({ transcript, profile }: CheckedTranscript): readonly Opening[] {
  const { title, deviceId, steps } = transcript;
  const identity = { trackerId: 1, deviceId, profile, secret: null };
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
