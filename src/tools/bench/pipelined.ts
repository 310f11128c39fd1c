/** One line that does not wait for answers: blocks of frames, the next one when a whole block was answered. */
import type { Socket } from "node:net";
import { type Closed, lineExchange, POSITION, sleep } from "./load.ts";
import { cpuSeconds } from "./process-stats.ts";

const FRAMES = 100;
const BLOCKS_IN_FLIGHT = 2;
const BLOCK = Buffer.from(POSITION.repeat(FRAMES));
const WARM_UP_MS = 1_500;

export async function pipelined(line: Socket, { seconds, pid }: { readonly seconds: number; readonly pid: number }): Promise<Closed> {
  const exchange = lineExchange(() => POSITION);
  let [answers, written, running] = [0, 0, true];
  const fill = (): void => {
    while (running && written - answers <= FRAMES * (BLOCKS_IN_FLIGHT - 1)) {
      written += FRAMES;
      line.write(BLOCK);
    }
  };
  const { promise: answered, resolve } = pending();
  const listener = (chunk: Buffer): void => {
    answers += exchange.answers(chunk);
    fill();
    if (!running && answers >= written) resolve();
  };
  line.on("data", listener);
  fill();
  await sleep(WARM_UP_MS);
  const before = { answers, cpu: cpuSeconds(pid), own: process.cpuUsage(), at: performance.now() };
  await sleep(seconds * 1_000);
  const elapsed = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const cpu = cpuSeconds(pid) - before.cpu;
  const count = answers - before.answers;
  running = false;
  if (answers < written) await answered;
  line.off("data", listener);
  return { answers: count, rate: count / elapsed, cpus: [cpu], cpu, loadCpu: (own.user + own.system) / 1e6 / elapsed };
}

function pending(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
