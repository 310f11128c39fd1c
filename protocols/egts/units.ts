/**
 * Who is on a line. A terminal is alone on it. A line that began with an object's records, and a dispatcher's link, carry as
 * many units as their records name.
 */
import type { DeviceEvent, Identity } from "../../src/core/index.ts";
import type { Command } from "./command.ts";
import type { Login } from "./login.ts";
import { settingsOf } from "./profile.ts";
import type { ServiceRecord } from "./records.ts";
import { EgtsUnit, type Outgoing } from "./unit.ts";

export class Units {
  readonly #outgoing: Outgoing;
  /** Null where a terminal is alone on its line. */
  #byObject: Map<number, EgtsUnit> | null = null;
  #own: EgtsUnit | null = null;

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing;
  }

  /** The unit that opened the line; null: a dispatcher did, or it left. */
  get own(): EgtsUnit | null {
    return this.#own;
  }

  /** `login`: how the line was opened; null: in no way that names an object. */
  open(login: Login | null, identity: Identity): void {
    if (login?.type === "object") this.#own = this.enter(login.key, identity);
    else if (login?.type === "dispatcher") this.#outgoing.confirmations.share();
    else this.#own = new EgtsUnit(null, settingsOf(identity.profile), this.#outgoing);
  }

  enter(key: string, { profile }: Identity): EgtsUnit {
    const object = Number(key);
    const unit = new EgtsUnit(object, settingsOf(profile), this.#outgoing);
    this.#byObject ??= new Map();
    this.#byObject.set(object, unit);
    if (this.#byObject.size > 1) this.#outgoing.confirmations.share();
    return unit;
  }

  leave(key: string): void {
    this.#byObject?.delete(Number(key));
    this.#outgoing.confirmations.forget(key);
    if (this.#own?.key === key) this.#own = null;
  }

  /** Nobody but the unit that opened the line is on it, and these records are no other's. */
  isAlone(records: readonly ServiceRecord[]): boolean {
    const own = this.#ownAlone;
    return own !== null && (own.object === null || records.every(({ object }) => object === null || object === own.object));
  }

  /** Whose a record is; null: it does not say, or that unit is not here. */
  of({ object }: ServiceRecord): EgtsUnit | null {
    const own = this.#ownAlone;
    if (object === null || own?.object === null) return own;
    return this.#byObject?.get(object) ?? null;
  }

  /** `unit`: whose record it came in; null: it does not say. Then SID tells, which is ours, else a CID that only one was sent. */
  confirmed(command: Command, unit: EgtsUnit | null, frame: Buffer): readonly DeviceEvent[] {
    const whose = unit === null ? this.#guess(command) : unit.key;
    return whose === undefined ? [] : this.#outgoing.confirmations.confirmed(command, whose, frame);
  }

  #guess({ sid, cid }: Command): string | null | undefined {
    const unit = sid === 0 ? undefined : this.#byObject?.get(sid);
    return unit?.key ?? this.#outgoing.confirmations.onlyAddressee(String(cid));
  }

  get #ownAlone(): EgtsUnit | null {
    return (this.#byObject?.size ?? 0) <= 1 ? this.#own : null;
  }
}
