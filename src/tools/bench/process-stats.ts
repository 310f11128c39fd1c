/** What a process has used, as the kernel counts it (Linux). */
import { readFileSync } from "node:fs";

/** Clock ticks a second; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** User and system CPU seconds of a process so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory of a process in bytes. */
function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1_024;
}

/** What stays when the garbage of what went before has been collected: the least within the time that V8 takes to notice idleness. */
export async function settledBytes(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < SETTLE_SAMPLES; sample += 1) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    least = Math.min(least, residentBytes(pid));
  }
  return least;
}

const SETTLE_SAMPLES = 10;
const SETTLE_MS = 500;

/** The child processes of a process. */
export function children(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
