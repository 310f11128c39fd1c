/** docs/capacity.md, computed. */
import type { UnitCosts } from "../bench/units.ts";
import { BOUNDS, HABITS, type Need, needOf } from "./model.ts";

/** What `bench --json` writes, as far as it is needed here. */
export interface Measured {
  readonly machine: string;
  readonly units: UnitCosts;
}

const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];

export function capacityPage({ machine, units }: Measured): string {
  const needs = SIZES.map((devices) => needOf(devices, units));
  const row = (what: string, show: (need: Need) => string): string => `| ${what} | ${needs.map(show).join(" | ")} |`;
  return `${[
    "# Capacity",
    "",
    "What an installation needs, computed from what one of each thing costs. `npm run bench -- --json docs/units.json` measures the costs, `npm run capacity` computes this page; a test",
    "computes it again, and plays the million device by device to see whether the averages hold second by second. Put your own habits into `src/tools/capacity/model.ts`.",
    "",
    "## What one costs",
    "",
    `Measured on: ${machine}.`,
    "",
    "| | node, CPU | Redis, CPU | memory |",
    "|---|---|---|---|",
    `| a line, idle | | | ${kilobytes(units.lineBytes)} of the node; over TLS ${kilobytes(units.tlsLineBytes)}; the kernel's buffers come on top |`,
    `| a login | ${us(units.loginNodeUs)} | ${us(units.loginRedisUs)} | |`,
    `| a position, acknowledged | ${us(units.positionNodeUs)} | none | none: it is discarded |`,
    `| a text from a device, stored and acknowledged | ${us(units.incomingNodeUs)} | ${us(units.incomingRedisUs)} | |`,
    `| a text to a device: HTTP call, hint, delivery, receipt | ${us(units.outgoingNodeUs)} | ${us(units.outgoingRedisUs)} | ${Math.round(units.messageBytes)} bytes of Redis, with its timeline and event |`,
    "",
    "Polling clients of the API, and listeners, come on top.",
    "",
    "## What a fleet does",
    "",
    `Every device is online, sends a position every ${HABITS.positionSeconds} s, ${HABITS.textsADay} texts a day and gets ${HABITS.textsADay}; the busiest hour has ${HABITS.peak} times the mean; a device logs in ${HABITS.loginsADay} times a day; messages are kept ${HABITS.keptDays} days. No core is planned to be busy for more than ${BOUNDS.busy * 100} %, no node has more than ${BOUNDS.linesPerNode.toLocaleString("en")} lines, no Redis more than ${BOUNDS.redisBytes / 2 ** 30} GiB; one node is to spare.`,
    "",
    "## What it needs",
    "",
    `| devices | ${SIZES.map(count).join(" | ")} |`,
    `|---|${SIZES.map(() => "---").join("|")}|`,
    row("positions/s", ({ positionsPerSecond }) => count(positionsPerSecond)),
    row("texts/s, busiest hour, both ways", ({ textsPerSecond }) => count(textsPerSecond)),
    row("logins/s, busiest hour", ({ loginsPerSecond }) => count(loginsPerSecond)),
    row("cores busy, nodes", ({ nodeCores }) => nodeCores.toFixed(2)),
    row("cores busy, Redis", ({ redisCores }) => redisCores.toFixed(2)),
    row("**nodes** (workers or machines)", ({ nodes }) => count(nodes)),
    row("memory of all lines", ({ lineBytes }) => gigabytes(lineBytes)),
    row("messages kept", ({ messages }) => count(messages)),
    row("memory of Redis", ({ messageBytes }) => gigabytes(messageBytes)),
    row("**masters of Redis**", ({ masters }) => count(masters)),
    row("message ids last for", ({ idDays }) => `${count(idDays)} days`),
    "",
    "## What that means",
    "",
    "- **Lines are cheap, what is kept is not.** Memory of Redis decides how many masters there are; `RETENTION` bounds it ([data.md](data.md)); without it plan for all that was ever written.",
    "  The bytes of a message were taken just after it was delivered: they hold its timeline (7 days) and its event (a day) as well, so that what is kept for long takes less.",
    `- **Message ids are 32-bit**, because the API's clients hold them so: ${count(BOUNDS.ids)} texts, then none is taken any more (\`tracker_chat_message_ids_used_ratio\` shows it). Where the last row`,
    "  is shorter than you mean to run, split the accounts over several installations, each with a Redis of its own: nothing is shared between accounts.",
    "- **All ids come from one slot** of a cluster, so that one master takes part in every text. It is a script of a few microseconds beside those of the text itself.",
    "- **Storms** are bounded by `linesPerNode`: when a node dies its devices log in elsewhere. The test plays it for the million.",
    "",
  ].join("\n")}`;
}

function us(value: number): string {
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} us`;
}

function kilobytes(value: number): string {
  return `${(value / 1_024).toFixed(1)} KB`;
}

function gigabytes(value: number): string {
  const gib = value / 2 ** 30;
  return `${gib >= 10 ? count(gib) : gib.toFixed(2)} GiB`;
}

function count(value: number): string {
  return value >= 10 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}
