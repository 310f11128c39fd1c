/** The devices whose frames are attacked: each has a tracker of its own, so that what is stored for it can be foretold. */
import { capabilitiesUnder, type Profile, type Protocol } from "../../../src/core/index.ts";
import { type Stance, subjectOf } from "../../every-protocol/subject.ts";
import { recorded, saysAnything, spokenIn, type Words } from "./recorded.ts";

export interface Seat {
  readonly protocol: Protocol;
  readonly trackerId: number;
  readonly deviceId: string;
  /** As the fleet's document has it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Checked. */
  readonly profile: Profile;
  /** Drivers can write at any time. */
  readonly textUp: boolean;
  /** What a dispatcher may send to it. */
  readonly sayable: string;
  readonly words: Words;
}

/** Of one protocol. */
export interface Bench {
  readonly protocol: Protocol;
  /** What the attacks are spread over, so that many go on at once and none takes another's line over. */
  readonly seats: readonly Seat[];
  /** One slow line, beside the others. */
  readonly slow: Seat;
  /** Two that share a socket. */
  readonly pair: readonly [Seat, Seat];
  /** The device of the transcripts, where drivers' words are answers that no model says of its own accord. */
  readonly answering: Seat | null;
}

const SEATS = 6;
/** Texts that the first seat has to say, and each of the others. */
export const MANY = 50;
const FEW = 2;
const FIRST_TRACKER = 2_000_001;
/** A seat's number in its device id: no digit is 0 or 1, so that no byte overwritten with those makes it another's. */
const TAIL_DIGITS = 4;
const TAIL_RADIX = 8;
const TAIL_LOWEST = 2;
/** The devices of the transcripts have tails below this. */
const FIRST_TAIL = 0o2000;

export async function benchesOf(protocols: readonly Protocol[]): Promise<readonly Bench[]> {
  let number = 0;
  const benches: Bench[] = [];
  for (const protocol of protocols) {
    const subject = subjectOf(protocol);
    const stance = await mostSpoken(protocol, subject.stances);
    const seat = async (texts = FEW): Promise<Seat> => {
      number += 1;
      const deviceId = `${stance.deviceId.slice(0, -TAIL_DIGITS)}${tailOf(FIRST_TAIL + number)}`;
      return { ...seatOf(protocol, stance, deviceId, number), words: await recorded(protocol, { ...stance, deviceId }, texts) };
    };
    const seats = [await seat(MANY)];
    while (seats.length < SEATS) seats.push(await seat());
    const [slow, first, second] = [await seat(), await seat(), await seat()];
    const words = stance.capabilities.textUp ? null : await spokenIn(subject, stance);
    number += 1;
    const answering = words === null ? null : { ...seatOf(protocol, stance, stance.deviceId, number), words };
    benches.push({ protocol, seats, slow, pair: [first, second], answering });
  }
  return benches;
}

export function seatsOf({ seats, slow, pair, answering }: Bench): readonly Seat[] {
  return [...seats, slow, ...pair, ...(answering === null ? [] : [answering])];
}

/** Drivers can write whatever they like under it, and the transcripts have most of what they write; else most of what devices answer. */
async function mostSpoken(protocol: Protocol, stances: readonly Stance[]): Promise<Stance> {
  const ranked = [...stances].sort((one, other) => other.spoken.length - one.spoken.length);
  for (const stance of ranked) if (stance.capabilities.textUp && (await saysAnything(protocol, stance))) return stance;
  const best = ranked.find(({ capabilities }) => !capabilities.textUp);
  if (best === undefined) throw new Error(`${protocol.name}: nothing is said under any profile of its transcripts`);
  return best;
}

function seatOf(protocol: Protocol, stance: Stance, deviceId: string, number: number): Omit<Seat, "words"> {
  const { textUp } = capabilitiesUnder(protocol, stance.profile);
  const settings = JSON.parse(stance.name) as Seat["settings"];
  return {
    protocol,
    trackerId: FIRST_TRACKER + number,
    deviceId,
    settings,
    profile: stance.profile,
    textUp,
    sayable: stance.sayable[0] ?? "",
  };
}

function tailOf(number: number): string {
  const digits = number.toString(TAIL_RADIX).padStart(TAIL_DIGITS, "0");
  return [...digits].map((digit) => String(Number(digit) + TAIL_LOWEST)).join("");
}
