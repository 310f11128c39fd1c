/** Garbage of a process that is measured: when V8 collects it by itself says nothing about what is in use. */
import { sleep } from "./load.ts";

const SETTLE_MS = 500;

/** Arguments of Node.js that let `collect` work. `folder`: of the compiled benchmarks. */
export function collecting(folder: URL): readonly string[] {
  return ["--expose-gc", "--import", new URL("collect-on-signal.js", folder).href];
}

export async function collect(pid: number): Promise<void> {
  process.kill(pid, "SIGUSR2");
  await sleep(SETTLE_MS);
}
