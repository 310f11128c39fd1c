/** Makes a finding as small as it gets while the fault stays. */
import type { Probe } from "./probe.ts";

/** Runs that shrinking may cost, and their time in milliseconds. */
const TRIES = 3_000;
const TRIES_MS = 20_000;

export function shrink(probe: Probe, fails: (probe: Probe) => boolean): Probe {
  let best = probe;
  let tries = 0;
  const until = performance.now() + TRIES_MS;
  const goesOn = (): boolean => tries < TRIES && performance.now() < until;
  const better = (chunks: readonly Buffer[]): boolean => {
    tries += 1;
    const candidate = { ...best, chunks: chunks.filter(({ length }) => length > 0) };
    if (!fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before = Number.POSITIVE_INFINITY; sizeOf(best) < before && goesOn(); ) {
    before = sizeOf(best);
    for (let at = best.chunks.length - 1; at >= 0 && goesOn(); at -= 1) better(best.chunks.filter((_, index) => index !== at));
    for (let at = 0; at < best.chunks.length && goesOn(); at += 1) shrinkChunk(best, at, better, goesOn);
  }
  return best;
}

/** Cuts out ever smaller blocks. */
function shrinkChunk(from: Probe, at: number, better: (chunks: readonly Buffer[]) => boolean, on: () => boolean): void {
  let { chunks } = from;
  const length = (): number => chunks[at]?.length ?? 0;
  for (let size = length() >> 1; size >= 1; size >>= 1) {
    for (let start = 0; start < length() && on(); ) {
      const chunk = chunks[at] ?? Buffer.alloc(0);
      const shorter = Buffer.concat([chunk.subarray(0, start), chunk.subarray(start + size)]);
      const candidate = chunks.map((other, index) => (index === at ? shorter : other));
      if (shorter.length > 0 && better(candidate)) chunks = candidate;
      else start += size;
    }
  }
}

function sizeOf({ chunks }: Probe): number {
  return chunks.reduce((sum, { length }) => sum + length + 1, 0);
}
