/** What a line counts of its session's steps. */
import type { LineMeter } from "../chat/meter.ts";
import type { Effect, Tally } from "../core/index.ts";

export type Note = Extract<Effect, { type: "note" }>;

export function countTally(meter: LineMeter, protocol: string, tally: Tally): void {
  const frames = tally.takeFrames();
  if (frames > 0) meter.count("frames", protocol, frames);
  for (const { ms } of tally.takeReceipts()) meter.time("receipt", protocol, ms);
}

/** Gives how loud it is to be logged. */
export function countNote(meter: LineMeter, protocol: string, { kind, bytes }: Note): "debug" | "info" | "error" {
  meter.count("notes", `${protocol} ${kind}`);
  if (kind === "noise" && bytes !== null) meter.count("noise", protocol, bytes.length);
  if (kind === "defect") return "error";
  return LOUD.has(kind) ? "info" : "debug";
}

const LOUD: ReadonlySet<Note["kind"]> = new Set<Note["kind"]>(["refused", "upstream-refused"]);
