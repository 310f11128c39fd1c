/** `npm run attack -- [--half-frames N] [--slow-requests N] [--flood-mb N] [--seconds N]`: exits 1 when a bound is broken. */
import { parseArgs } from "node:util";
import { type AttackPlan, attack } from "./attack.ts";
import { quantile } from "./quantile.ts";

const { values } = parseArgs({
  options: {
    "half-frames": { type: "string", default: "15000" },
    "slow-requests": { type: "string", default: "1000" },
    "flood-mb": { type: "string", default: "50" },
    floods: { type: "string", default: "20" },
    strangers: { type: "string", default: "20" },
    seconds: { type: "string", default: "600" },
    gather: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
  },
});

const SLOWEST_MS = 1_000;
const RESIDENT_MIB = 1_024;

const plan: AttackPlan = {
  halfFrames: Number(values["half-frames"]),
  slowRequests: Number(values["slow-requests"]),
  floods: Number(values.floods),
  floodBytesPerSecond: Number(values["flood-mb"]) * 1024 * 1024,
  strangers: Number(values.strangers),
  mutes: 4,
  seconds: Number(values.seconds),
  gatherSeconds: Number(values.gather),
  seed: Number(values.seed),
};
const { before, during, crowd, residentMiB, load, errors } = await attack(plan);
const slowest = { down: quantile(during.down, 0.99), up: quantile(during.up, 0.99) };
const report = {
  plan,
  crowd,
  before: { down: timesOf(before.down), up: timesOf(before.up) },
  during: { down: timesOf(during.down), up: timesOf(during.up), lost: during.lost, refused: during.refused },
  residentMiB,
  load,
  errors: errors.slice(0, 5),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
const broken = [
  ...(during.lost > 0 ? [`${during.lost} texts lost`] : []),
  ...(Math.max(slowest.down, slowest.up) > SLOWEST_MS ? ["a canary's p99 is over a second"] : []),
  ...(residentMiB.most > RESIDENT_MIB ? ["more than a GiB resident"] : []),
  ...(errors.length > 0 ? ["errors were logged"] : []),
];
for (const what of broken) process.stdout.write(`BROKEN ${what}\n`);
process.exitCode = broken.length > 0 ? 1 : 0;

function timesOf(list: readonly number[]): Readonly<Record<string, number>> {
  return {
    count: list.length,
    p50: Math.round(quantile(list, 0.5)),
    p99: Math.round(quantile(list, 0.99)),
    most: Math.round(quantile(list, 1)),
  };
}
