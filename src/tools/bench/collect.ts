/** Garbage of a process that is measured: when V8 collects it by itself says nothing about what is in use. */
import { sleep } from "./load.ts";
import { settledBytes } from "./process-stats.ts";

const SETTLE_MS = 500;

/** Arguments of Node.js that let `collect` work. `folder`: of the compiled benchmarks. */
export function collecting(folder: URL): readonly string[] {
  return ["--expose-gc", "--import", new URL("collect-on-signal.js", folder).href];
}

export async function collect(pid: number): Promise<void> {
  process.kill(pid, "SIGUSR2");
  await sleep(SETTLE_MS);
}

/** Resident bytes that a process has more when `work` is done, garbage apart; with what `work` gives. */
export async function bytesTaken<T>(pid: number, work: () => Promise<T>): Promise<readonly [number, T]> {
  await collect(pid);
  const before = await settledBytes(pid);
  const done = await work();
  await collect(pid);
  return [(await settledBytes(pid)) - before, done];
}
