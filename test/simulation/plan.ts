/** What one seed is about: its nodes, devices, rates of faults and length. */
import type { Random } from "./random.ts";

export interface DeviceTraits {
  readonly name: string;
  readonly trackerId: number;
  readonly userId: number;
  readonly receipts: "by-tag" | "in-order";
  /** The device numbers its texts. */
  readonly serials: boolean;
  /** False: it never acknowledges a text in its life. */
  readonly acknowledges: boolean;
  /** Its profile lets TCP order stand for receipts: it reads the answer before it sends on, or sends both at once for all to see. */
  readonly implied: boolean;
  /**
   * Sends nothing, not even a receipt, before its last frame was answered. So does every device without serials: what
   * follows its text then shows that it has read our acknowledgement.
   */
  readonly strict: boolean;
}

/** What becomes of one call of the store, as weights. */
export interface StoreRates {
  readonly fine: number;
  readonly slow: number;
  /** Lost on the way there. */
  readonly lost: number;
  /** Done, and the answer lost. */
  readonly unanswered: number;
  /** Given up by the caller, and done after that. */
  readonly late: number;
  /** Sent once more by the client library because its connection was cut. */
  readonly twice: number;
}

export interface MailRates {
  readonly fine: number;
  readonly late: number;
  readonly lost: number;
  readonly twice: number;
  readonly refused: number;
}

export interface Plan {
  readonly nodes: readonly string[];
  readonly devices: readonly DeviceTraits[];
  readonly users: readonly number[];
  readonly faultMs: number;
  /** Mean time between two faults of lines, nodes and clocks. */
  readonly paceMs: number;
  readonly store: StoreRates;
  readonly mail: MailRates;
  /** Nothing goes wrong in this run. */
  readonly calm: boolean;
  /** Mean time between two texts of a driver, and between two calls of a client. */
  readonly talkMs: number;
}

const PERFECT_STORE: StoreRates = { fine: 1, slow: 0, lost: 0, unanswered: 0, late: 0, twice: 0 };
const PERFECT_MAIL: MailRates = { fine: 1, late: 0, lost: 0, twice: 0, refused: 0 };

export function drawPlan(random: Random): Plan {
  const calm = random.chance(0.04);
  const count = random.between(3, 4);
  return {
    nodes: ["n1", "n2", "n3"].slice(0, random.between(2, 3)),
    devices: Array.from({ length: count }, (_, place) => drawDevice(random, place)),
    users: [1, 2],
    faultMs: random.between(50, 110) * 1_000,
    paceMs: random.between(1_500, 6_000),
    store: calm ? PERFECT_STORE : drawStore(random),
    mail: calm ? PERFECT_MAIL : drawMail(random),
    calm,
    talkMs: random.between(1_500, 4_000),
  };
}

function drawDevice(random: Random, place: number): DeviceTraits {
  const kind = random.weighted({ tagged: 40, "in-order": 25, serialless: 20, silent: 8, implied: 7 });
  const receipts = kind === "tagged" || (kind === "silent" && random.chance(0.5)) ? "by-tag" : "in-order";
  return {
    name: `dev${place + 1}`,
    trackerId: 101 + place,
    userId: place === 1 ? 2 : 1,
    receipts,
    serials: kind !== "serialless" && kind !== "implied",
    acknowledges: kind !== "silent" && kind !== "implied",
    implied: kind === "implied",
    strict: kind === "serialless" || kind === "implied" || random.chance(0.1),
  };
}

function drawStore(random: Random): StoreRates {
  const harsh = random.pick([0, 0.5, 1, 3]);
  const rate = (): number => (random.chance(0.6) ? harsh * random.next() : 0);
  return { fine: 100, slow: rate() * 2, lost: rate(), unanswered: rate(), late: rate(), twice: rate() };
}

function drawMail(random: Random): MailRates {
  const rate = (): number => (random.chance(0.5) ? random.between(1, 60) : 0);
  return { fine: 100, late: rate(), lost: rate(), twice: rate(), refused: rate() / 3 };
}

/** What a run without any fault is like; for tests of the simulation itself. */
export function calmPlan(plan: Plan): Plan {
  return { ...plan, calm: true, store: PERFECT_STORE, mail: PERFECT_MAIL };
}
