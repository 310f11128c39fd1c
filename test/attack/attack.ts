/** The real process under attack, while texts of devices that did nothing wrong go both ways. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { Product, TestDevice } from "../support/product.ts";
import { Canary, type Flow, together } from "./canary.ts";
import { BEGUN, type Crowd } from "./crowd.ts";

export interface AttackPlan extends Omit<Crowd, "gatewayPort" | "httpPort" | "spareDevice" | "duelDevice"> {
  /** How long the canaries sing once the crowd is there. */
  readonly seconds: number;
  /** Before that, for the crowd to gather. */
  readonly gatherSeconds: number;
}

export interface Outcome {
  readonly before: Flow;
  readonly during: Flow;
  /** What the crowd says of itself. */
  readonly crowd: Readonly<Record<string, number>>;
  readonly residentMiB: { readonly before: number; readonly most: number };
  /** The product's processor seconds for each second. */
  readonly load: number;
  /** What the product logged as errors. */
  readonly errors: readonly string[];
}

/** Those of the demo fleet. */
const CANARIES = [
  { protocol: "wialon-ips", deviceId: "356307042441013", trackerId: 1_000_001 },
  { protocol: "jt808", deviceId: "13912345678", trackerId: 1_000_002 },
] as const;
const SPARE_DEVICE = "861234567890123";
const QUIET_SECONDS = 3;
const LOOK_MS = 500;
const MIB = 1024 * 1024;

export async function attack(plan: AttackPlan): Promise<Outcome> {
  const product = await Product.start({ LOG_LEVEL: "error", RATE_LIMIT: "100000/s" });
  const devices = CANARIES.map(({ protocol, deviceId }) => new TestDevice(protocol, deviceId, product.gatewayPort));
  try {
    await Promise.all(devices.map((device) => device.online()));
    const canaries = devices.map((device, index) => new Canary(product, device, CANARIES[index]?.trackerId ?? 0));
    const before = await sing(canaries, QUIET_SECONDS);
    const resident = { before: residentMiB(product.pid), most: 0 };
    const look = setInterval(() => {
      resident.most = Math.max(resident.most, residentMiB(product.pid));
    }, LOOK_MS);
    const { seconds, gatherSeconds, ...sizes } = plan;
    const end = await beginAttack({ ...sizes, ...placeOf(product), spareDevice: SPARE_DEVICE, duelDevice: SPARE_DEVICE });
    await new Promise((resolve) => setTimeout(resolve, gatherSeconds * 1_000));
    const [cpu, at] = [cpuSeconds(product.pid), performance.now()];
    const during = await sing(canaries, seconds);
    const load = ((cpuSeconds(product.pid) - cpu) * 1_000) / (performance.now() - at);
    clearInterval(look);
    return { before, during, crowd: await end(), residentMiB: resident, load, errors: errorsIn(product.output) };
  } finally {
    for (const device of devices) device.runner.stop();
    await product.stop();
  }
}

async function sing(canaries: readonly Canary[], seconds: number): Promise<Flow> {
  return together(await Promise.all(canaries.map((canary) => canary.sing(seconds))));
}

function placeOf({ gatewayPort, httpPort }: Product): Pick<Crowd, "gatewayPort" | "httpPort"> {
  return { gatewayPort, httpPort };
}

/** Once it has begun: gives what ends it and says what it was. On the same machine the crowd gets the processor last: elsewhere it would have its own. */
async function beginAttack(crowd: Crowd): Promise<() => Promise<Outcome["crowd"]>> {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "attackers.ts"), JSON.stringify(crowd)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child.stdout, "data");
  return async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, "close");
    return JSON.parse(said.slice(BEGUN.length)) as Outcome["crowd"];
  };
}

export function errorsIn(output: string): readonly string[] {
  return output.split("\n").filter((line) => line.startsWith('{"level":5') || line.startsWith('{"level":6') || /ERROR|FATAL/.test(line));
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / (MIB / 1024);
}

/** The kernel's ticks of user and system time, a hundred a second. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
