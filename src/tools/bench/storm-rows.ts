/** What a crowd took and did, as the report shows it. */
import type { Sung } from "./canary.ts";
import { alone, LOAD_BOUND, missing, type Row, range } from "./rows.ts";
import { figure, median, percentile } from "./statistics.ts";
import type { CrowdSizes, StormRun } from "./storm.ts";

export function stormRows(runs: readonly StormRun[], sizes: CrowdSizes): Row[] {
  return [...idleRows(runs, sizes), ...busyRows(runs, sizes), ...returnRows(runs, sizes)];
}

function idleRows(runs: readonly StormRun[], { lines, warmUp }: CrowdSizes): Row[] {
  const bytes = runs.map(({ idle }) => idle.bytesPerLine / 1_024);
  const aedes = runs.flatMap(({ idle }) => (idle.aedesBytesPerLine === null ? [] : [idle.aedesBytesPerLine / 1_024]));
  const bare = runs.map(({ idle }) => idle.bareBytesPerLine / 1_024);
  const commands = runs.map(({ idle }) => idle.commandsPerSecond);
  const percent = (share: (run: StormRun) => number): string => `${figure(median(runs.map(share)) * 100)} %`;
  const many = lines.toLocaleString("en");
  return [
    {
      what: `memory per idle line at ${many} lines on one process (yardstick: bare node:net echo)`,
      product: `${figure(median(bytes))} KB RSS`,
      yardstick: `${figure(median(bare))} KB RSS`,
      ratio: figure(median(bytes) / median(bare)),
      aim: "<= 6 KB RSS",
      spread: `${range(bytes)}; each after a full collection, the first after ${warmUp.toLocaleString("en")} lines were opened and closed, so that V8's young generation had grown`,
    },
    aedes.length === 0
      ? missing("memory per idle line (yardstick: aedes 1.2.0)", "not installed here")
      : {
          what: `memory per idle line at ${many} lines (yardstick: aedes 1.2.0, a connection with a session)`,
          product: `${figure(median(bytes))} KB RSS`,
          yardstick: `${figure(median(aedes))} KB RSS`,
          ratio: figure(median(bytes) / median(aedes)),
          aim: "-",
          spread: `${range(aedes)}, of up to 5,000 connections`,
        },
    alone({
      what: `${many} idle lines: what they cost while nothing happens`,
      product: `${figure(median(commands))} Redis commands/s; ${percent(({ idle }) => idle.node)} of a core, Redis ${percent(({ idle }) => idle.redis)}`,
      aim: "< 20 commands/s",
      spread: range(commands),
    }),
  ];
}

function busyRows(runs: readonly StormRun[], { lines, busy }: CrowdSizes): Row[] {
  const positions = runs.map((run) => run.positions);
  const single = runs.map((run) => run.pipelined);
  const delays = runs.map(({ loopDelay }) => loopDelay);
  const some = `over ${busy.toLocaleString("en")} of ${lines.toLocaleString("en")} lines`;
  return [
    alone({
      what: `positions acknowledged ${some}, as fast as answers come`,
      product: throughput(positions),
      aim: ">= 35,000/s on one core",
      spread: `${range(positions.map(({ answers, cpu }) => answers / cpu))}; ${loadSide(positions)}`,
    }),
    alone({
      what: "event-loop delay meanwhile",
      product: `p99 ${figure(median(delays))} ms`,
      aim: "p99 < 20 ms",
      spread: `${range(delays)}; on a straight line within a bucket of the product's own histogram`,
    }),
    alone({
      what: "positions acknowledged over one line, blocks of 100 frames, two in flight",
      product: throughput(single),
      aim: ">= 100,000/s",
      spread: `${range(single.map(({ rate }) => rate))}; ${loadSide(single)}`,
    }),
  ];
}

function returnRows(runs: readonly StormRun[], { storm }: CrowdSizes): Row[] {
  const seconds = runs.map((run) => run.storm.seconds);
  const sung = together(runs.map((run) => run.sung));
  const calm = together(runs.map((run) => run.calm));
  const many = storm.toLocaleString("en");
  return [
    alone({
      what: `${many} lines dropped at once: until the last is logged in again`,
      product: `${figure(median(seconds))} s`,
      aim: "<= 15 s",
      spread: `${range(seconds)}; ${runs.map((run) => run.storm.retries.toLocaleString("en")).join(", ")} retries`,
    }),
    alone({
      what: "HTTP call to text at another device meanwhile, 10/s",
      product: times(sung),
      aim: "p99 < 1 s",
      spread: `${sung.toDevice.length} of ${sung.sent - sung.refused} accepted arrived, ${sung.refused} calls refused; before it ${times(calm)}`,
    }),
  ];
}

/** A second as void where the load side was the bound; a CPU-second says what the product can do all the same. */
function throughput(runs: readonly StormRun["positions"][]): string {
  const bound = runs.some(({ loadCpu }) => loadCpu > LOAD_BOUND);
  const rate = figure(median(runs.map((run) => run.rate)));
  const perCpu = figure(median(runs.map(({ answers, cpu }) => answers / cpu)));
  return `${rate}/s${bound ? " (load-bound)" : ""}; ${perCpu} per CPU-second`;
}

function loadSide(runs: readonly StormRun["positions"][]): string {
  return `load side <= ${Math.round(Math.max(...runs.map(({ loadCpu }) => loadCpu)) * 100)} % of a core`;
}

function together(sung: readonly Sung[]): Sung {
  const sum = (of: (one: Sung) => number): number => sung.reduce((total, one) => total + of(one), 0);
  return { sent: sum(({ sent }) => sent), refused: sum(({ refused }) => refused), toDevice: sung.flatMap(({ toDevice }) => toDevice) };
}

function times({ toDevice }: Sung): string {
  return `p50 ${figure(median(toDevice))} ms, p99 ${figure(percentile(toDevice, 0.99))} ms`;
}
