/**
 * What the records of a packet say on a line that is logged in. Where the line has one unit this is read at once; where
 * several share it, when all that are welcome are known, since texts read as their profiles say.
 */
import type { DeviceEvent, Reading, Verdict } from "../../src/core/index.ts";
import { RESULT, SERVICE } from "./codes.ts";
import { hasText, type Inbound, type RecordReading, readRecord, TAKEN } from "./inbound.ts";
import type { Login } from "./login.ts";
import { objectResult } from "./login-answer.ts";
import { DEFAULTS } from "./profile.ts";
import { isPureAnswer, type ServiceRecord } from "./records.ts";
import type { Answered, HeardTexts } from "./speech.ts";
import type { EgtsUnit, Outgoing } from "./unit.ts";
import type { Units } from "./units.ts";
import type { Packet } from "./wire.ts";

type Answer = NonNullable<Packet["answer"]>;
type Verdicts = ReadonlyMap<string, Verdict>;

/** Records, read. */
interface Heard {
  readonly events: readonly DeviceEvent[];
  readonly answered: readonly Answered[];
  /** To be confirmed with MSGCONF. */
  readonly texts: readonly HeardTexts[];
}

export class Hearing {
  readonly #units: Units;
  readonly #outgoing: Outgoing;

  constructor(units: Units, outgoing: Outgoing) {
    this.#units = units;
    this.#outgoing = outgoing;
  }

  /** APPDATA. `again`: who is logged in says once more who it is. */
  data(packet: Packet, frame: Buffer, again: boolean): Reading {
    const { pid, records } = packet;
    const hear = (): Heard => this.#hear(records, frame, null);
    return this.#reading(records, isSaid, hear, (heard, verdicts) => {
      const answered =
        verdicts === undefined ? heard.answered : heard.answered.map((one) => ({ ...one, result: resultFor(one, verdicts) }));
      const said = [this.#outgoing.speech.answer(pid, RESULT.ok, answered)];
      if (again) said.push(this.#outgoing.speech.loginResult(RESULT.ok));
      if (heard.texts.length > 0) said.push(this.#outgoing.speech.textsHeard(heard.texts));
      return Buffer.concat(said);
    });
  }

  /** A RESPONSE may carry records of its own, confirmations above all (OMEGA). It is never answered. */
  answer({ records }: Packet, { pid, result }: Answer, frame: Buffer): Reading {
    const hear = (): Heard => {
      const refusal = this.#outgoing.confirmations.packetAnswered(pid, result);
      return refusal.length > 0 ? { events: refusal, answered: [], texts: [] } : this.#hear(records, frame, pid);
    };
    // What was said to a unit that left says nothing of where it is now; only its driver's words do.
    return this.#reading(records, hasText, hear, ({ texts }) => (texts.length === 0 ? null : this.#outgoing.speech.textsHeard(texts)));
  }

  /** `lives`: the record shows that its unit is here. */
  #reading(
    records: readonly ServiceRecord[],
    lives: (record: ServiceRecord) => boolean,
    hear: () => Heard,
    reply: (heard: Heard, verdicts?: Verdicts) => Buffer | null,
  ): Reading {
    if (this.#units.isAlone(records)) {
      const heard = hear();
      return { events: heard.events.length === 0 ? [{ type: "alive" }] : heard.events, reply: () => reply(heard) };
    }
    let heard: Heard = { events: [], answered: [], texts: [] };
    return {
      events: [],
      units: [...new Set(records.filter(lives).flatMap(({ object }) => (object === null ? [] : [String(object)])))],
      hear: () => {
        heard = hear();
        return heard.events;
      },
      reply: (_, verdicts = NOBODY) => reply(heard, verdicts),
    };
  }

  #hear(records: readonly ServiceRecord[], frame: Buffer, pid: number | null): Heard {
    const events: DeviceEvent[] = [];
    const answered: Answered[] = [];
    let texts: Map<EgtsUnit, number[]> | null = null;
    for (const record of records) {
      const unit = this.#units.of(record);
      const reading = this.#read(record, unit, { frame, pid });
      for (const event of reading.events) events.push(spokenBy(unit, event));
      if (isSaid(record)) answered.push({ record, result: reading.result });
      if (unit?.settings.confirmTexts !== true || reading.texts.length === 0) continue;
      texts ??= new Map();
      texts.set(unit, [...(texts.get(unit) ?? []), ...reading.texts]);
    }
    return { events, answered, texts: texts === null ? [] : [...texts].map(([{ object }, cids]) => ({ object, cids })) };
  }

  #read(record: ServiceRecord, unit: EgtsUnit | null, place: { readonly frame: Buffer; readonly pid: number | null }): RecordReading {
    // A unit that is not here is not heard. Answers to our records tell by themselves which they mean.
    if (record.object !== null && unit === null && isSaid(record)) return TAKEN;
    const { frame, pid } = place;
    return readRecord(record, {
      settings: unit?.settings ?? null,
      recordAnswered: (number, result) => this.#outgoing.confirmations.recordAnswered({ pid, number, result }, frame),
      confirmed: (command) => this.#units.confirmed(command, unit, frame),
    });
  }
}

/** The packet of a login: how its records are answered. `more`: it says something that the login must not swallow. */
export function readStranger(
  records: readonly ServiceRecord[],
  { type, key }: Login,
): { readonly answered: readonly Answered[]; readonly more: boolean } {
  const readings = records.map((record) => ({ record, reading: readRecord(record, STRANGER) }));
  const others = records.some(({ object, sender }) => {
    if (object === null || type === "terminal") return false;
    return type === "object" ? String(object) !== key : sender !== SERVICE.auth;
  });
  return {
    answered: readings.filter(({ record }) => isSaid(record)).map(({ record, reading: { result } }) => ({ record, result })),
    more: others || readings.some(({ reading }) => reading.events.some((event) => event.type !== "bad")),
  };
}

const STRANGER: Inbound = { settings: DEFAULTS, recordAnswered: () => [], confirmed: () => [{ type: "alive" }] };
const NOBODY: Verdicts = new Map();

/** It is answered. */
function isSaid(record: ServiceRecord): boolean {
  return !isPureAnswer(record);
}

function spokenBy(unit: EgtsUnit | null, event: DeviceEvent): DeviceEvent {
  const key = unit?.key ?? null;
  return key === null || event.unit !== undefined ? event : { ...event, unit: key };
}

/** RST of a record on a line that several units share: whoever left meanwhile says it again elsewhere. */
function resultFor({ record, result }: Answered, verdicts: Verdicts): number {
  if (record.object === null) return result;
  const verdict = verdicts.get(String(record.object));
  if (verdict?.type === "accepted") return result;
  return verdict === undefined ? RESULT.authDenied : objectResult(verdict);
}
