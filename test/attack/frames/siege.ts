/** The real process, a canary that sings meanwhile, and everything that the plan has. */
import type { Protocol } from "../../../src/core/index.ts";
import { until } from "../../support/gateway-world.ts";
import { TestDevice } from "../../support/product.ts";
import { errorsIn } from "../attack.ts";
import { Canary, type Flow, together } from "../canary.ts";
import { aftermath, stored } from "./aftermath.ts";
import { play, playAnswered } from "./conversation.ts";
import { onPairs } from "./lines.ts";
import { besieged, linesAt, lives, type Noted, type Place, type Program, portOf } from "./place.ts";
import { type Part, type Planned, plan } from "./plan.ts";
import { type Bench, benchesOf } from "./seats.ts";
import { knockAt, scan, showBanners } from "./strangers.ts";

export interface SiegePlan {
  readonly protocols: readonly Protocol[];
  /** Kinds of attacks; absent: all, and those that are of no kind. */
  readonly only?: readonly string[];
  /** Absent: the product's own. */
  readonly program?: Program;
}

export interface Outcome {
  /** What should not be, in words; empty: all is well. */
  readonly failures: readonly string[];
  /** Conversations by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** How many of them the gateway answered with anything. */
  readonly answered: number;
  /** Stored in the end. */
  readonly texts: number;
  readonly flow: Flow;
}

/** One of the demo fleet. */
const CANARY = { protocol: "wialon-ips", deviceId: "356307042441013", trackerId: 1_000_001 } as const;
const SINGING_SECONDS = 1;
const SCANS = 20;
const LOGGED_CHARACTERS = 1_000;
const QUIET_MS = 15_000;

const SILENCE: Flow = { down: [], up: [], lost: 0, refused: 0 };

export async function siege({ protocols, only, program }: SiegePlan): Promise<Outcome> {
  const benches = await benchesOf(protocols);
  const parts = (await Promise.all(benches.map((bench) => plan(bench, only ?? null)))).flat();
  const place = await besieged(benches, program);
  const canary = new TestDevice(CANARY.protocol, CANARY.deviceId, place.product.gatewayPort);
  try {
    await canary.online();
    let over = false;
    // Without everything there is no crowd to sing against.
    const song = only === undefined ? singWhile(() => !over, new Canary(place.product, canary, CANARY.trackerId)) : SILENCE;
    const seen = await attacked(place, { benches, parts, all: only === undefined }).finally(() => {
      over = true;
    });
    return { ...seen, flow: await song };
  } finally {
    canary.runner.stop();
    await place.product.stop();
  }
}

interface Forces {
  readonly benches: readonly Bench[];
  readonly parts: readonly Part[];
  /** Also those that no kind has. */
  readonly all: boolean;
}

async function attacked(place: Place, { benches, parts, all }: Forces): Promise<Omit<Outcome, "flow">> {
  const counts: Record<string, number> = {};
  const failures: string[] = [];
  let answered = 0;
  const played = async ({ seat, conversations }: Part): Promise<void> => {
    for (const conversation of conversations) {
      counts[conversation.kind] = (counts[conversation.kind] ?? 0) + 1;
      const port = portOf(place, seat, conversation.door);
      const answers = conversation.adds.length > 0;
      const { stuck, heard } = await (answers ? playAnswered(conversation, port, () => lives(place)) : play(conversation, port));
      if (stuck) failures.push(`${seat.protocol.name}: "${conversation.kind}" did not end: ${hexOf(conversation)}`);
      if (heard > 0) answered += 1;
    }
  };
  const note = ({ kind, count, wrong }: Noted): void => {
    counts[kind] = count;
    failures.push(...wrong);
  };
  const besides = all ? besidesThose(place, benches) : [];
  await Promise.all([...parts.map(played), ...besides.map(async (noted) => (await noted).forEach(note))]);
  if (!lives(place)) return { failures: [...failures, "the process ended"], counts, answered, texts: 0 };
  const lists = await Promise.all(parts.map((part) => stored(place, part)));
  failures.push(...lists.flatMap(({ wrong }) => wrong), ...(await afterwards(place, parts)));
  return { failures, counts, answered, texts: lists.reduce((sum, { texts }) => sum + texts, 0) };
}

function besidesThose(place: Place, benches: readonly Bench[]): readonly Promise<readonly Noted[]>[] {
  const { gatewayPort, httpPort } = place.product;
  const ports = [gatewayPort, ...place.own.values()];
  const logins = benches.flatMap(({ seats }) => seats.slice(0, 1).map(({ words }) => words.login.bytes));
  return [showBanners(ports), knockAt(httpPort, logins), scan([...ports, httpPort], SCANS), onPairs(place, benches)];
}

/** Every device can talk again, no line is left but the canary's, and nothing was logged that should not be. */
async function afterwards(place: Place, parts: readonly Part[]): Promise<readonly string[]> {
  const wrong = (await Promise.all(parts.map(({ seat }) => aftermath(place, seat)))).flat();
  let lines: readonly number[] = [];
  const alone = async (): Promise<boolean> => {
    lines = await linesAt(place);
    return lines.length === 1 && lines[0] === CANARY.trackerId;
  };
  await until(alone, String, QUIET_MS).catch(() => wrong.push(`lines are left: ${lines.join(", ")}`));
  return [...wrong, ...errorsIn(place.product.output).map((line) => `logged: ${line.slice(0, LOGGED_CHARACTERS)}`)];
}

async function singWhile(lasting: () => boolean, canary: Canary): Promise<Flow> {
  const flows: Flow[] = [];
  do flows.push(await canary.sing(SINGING_SECONDS));
  while (lasting());
  return together(flows);
}

function hexOf({ writes }: Planned): string {
  return Buffer.concat(writes).toString("hex").slice(0, 400);
}
