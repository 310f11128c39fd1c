/** How much an installation needs, from what one of each thing costs (`bench --json`) and what its devices do. Pure arithmetic. */
import type { UnitCosts } from "../bench/units.ts";

/** What a fleet does. */
export interface Habits {
  /** Seconds between two positions of a device. */
  readonly positionSeconds: number;
  /** Texts of a device a day, each way. */
  readonly textsADay: number;
  /** The busiest hour, as a multiple of the mean. */
  readonly peak: number;
  /** Logins of a device a day. */
  readonly loginsADay: number;
  /** For how long messages are kept. */
  readonly keptDays: number;
}

export const HABITS: Habits = { positionSeconds: 60, textsADay: 5, peak: 4, loginsADay: 6, keptDays: 90 };

/** What is asked of a process or a server, and no more. */
export const BOUNDS = {
  /** Of a core, in the busiest hour: the rest is for storms, garbage collection and what was not measured. */
  busy: 0.5,
  /** Lines of a node: one that dies sends so many devices to the others at once. */
  linesPerNode: 50_000,
  /** Of a Redis: it must be copied and read at a start. */
  redisBytes: 24 * 2 ** 30,
  /** Message ids there are (store/limits.ts). */
  ids: 0x7fff_ffff,
} as const;

export interface Need {
  readonly devices: number;
  readonly positionsPerSecond: number;
  /** Both ways, in the busiest hour. */
  readonly textsPerSecond: number;
  readonly loginsPerSecond: number;
  /** Cores that nodes, and Redis, are busy with in the busiest hour. */
  readonly nodeCores: number;
  readonly redisCores: number;
  /** With one to spare. */
  readonly nodes: number;
  readonly lineBytes: number;
  readonly messages: number;
  readonly messageBytes: number;
  /** Masters; 1: no cluster. */
  readonly masters: number;
  /** Until all message ids are taken. */
  readonly idDays: number;
}

export function needOf(devices: number, units: UnitCosts, habits: Habits = HABITS): Need {
  const eachWay = (devices * habits.textsADay * habits.peak) / DAY_SECONDS;
  const positionsPerSecond = devices / habits.positionSeconds;
  const loginsPerSecond = (devices * habits.loginsADay * habits.peak) / DAY_SECONDS;
  const texts = eachWay * (units.incomingNodeUs + units.outgoingNodeUs);
  const nodeCores = (positionsPerSecond * units.positionNodeUs + texts + loginsPerSecond * units.loginNodeUs) / 1e6;
  const redisCores = (eachWay * (units.incomingRedisUs + units.outgoingRedisUs) + loginsPerSecond * units.loginRedisUs) / 1e6;
  const messages = devices * habits.textsADay * 2 * habits.keptDays;
  const messageBytes = messages * units.messageBytes;
  return {
    devices,
    positionsPerSecond,
    textsPerSecond: eachWay * 2,
    loginsPerSecond,
    nodeCores,
    redisCores,
    nodes: Math.max(Math.ceil(nodeCores / BOUNDS.busy), Math.ceil(devices / BOUNDS.linesPerNode)) + 1,
    lineBytes: devices * units.lineBytes,
    messages,
    messageBytes,
    masters: mastersFor(redisCores, messageBytes),
    idDays: BOUNDS.ids / (devices * habits.textsADay * 2),
  };
}

/** A cluster has three at least. */
function mastersFor(cores: number, bytes: number): number {
  const wanted = Math.max(Math.ceil(cores / BOUNDS.busy), Math.ceil(bytes / BOUNDS.redisBytes));
  return wanted <= 1 ? 1 : Math.max(3, wanted);
}

const DAY_SECONDS = 86_400;
