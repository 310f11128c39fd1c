/**
 * What became of our texts, in three levels: the record's own receipt (RECORD_RESPONSE), DELIV, MSGCONF. A device answers
 * the record first whatever it thinks of the command in it, so that receipt counts only when no word on the command follows.
 */
import type { DeviceEvent, Ticked } from "../../src/core/index.ts";
import { COMMAND, CONFIRMATION, confirmationWords, RESULT, resultWords } from "./codes.ts";
import type { Command } from "./command.ts";
import type { Confirmation } from "./profile.ts";

/** Texts of one line whose receipts are told apart; of a line that many units share. */
const MAX_SENT = 256;
const MAX_SENT_SHARED = 4_096;
/** How long the record's receipt waits for a word on the command, longer than a device waits for an answer (TL_RESPONSE_TO 5 s). */
const HOLD_MS = 10_000;
/** How long a command may take that the device has taken or says to be in progress. */
const PATIENCE_MS = 120_000;

export interface SentText {
  /** Whose it is, of the units that share the line; null: it has one unit only. */
  readonly unit: string | null;
  readonly tag: string;
  readonly pid: number;
  /** Of its record. */
  readonly number: number;
  /** What its unit must say. */
  readonly mode: Confirmation;
  /** Its unit may mean it by CID 0. */
  readonly cidZero: boolean;
}

interface Sent extends SentText {
  /** `encoded`: it has not gone out on this line, so nothing that comes can mean it as it is here. */
  state: "encoded" | "written" | "settled";
  /** Its record's receipt, which waits. */
  held: Held | null;
}

interface Held {
  readonly frame: Buffer;
  readonly forMs: number;
  /** Since when; null: since the next tick. */
  since: number | null;
}

export class Confirmations {
  /** Units count their texts each for itself, so that several may have the same tag. */
  readonly #byTag = new Map<string, readonly Sent[]>();
  /** All, the oldest first. */
  readonly #byPid = new Map<number, Sent>();
  readonly #byNumber = new Map<number, Sent>();
  /** Receipts that wait. */
  #waiting = 0;
  #limit = MAX_SENT;

  /** Several units share the line. */
  share(): void {
    this.#limit = MAX_SENT_SHARED;
  }

  encoded(text: SentText): void {
    for (const before of [this.#find(text.tag, text.unit), this.#byPid.get(text.pid)]) if (before !== undefined) this.#forget(before);
    const sent: Sent = { ...text, state: "encoded", held: null };
    this.#byTag.set(sent.tag, [...(this.#byTag.get(sent.tag) ?? []), sent]);
    this.#byPid.set(sent.pid, sent);
    this.#byNumber.set(sent.number, sent);
    const [oldest] = this.#byPid.values();
    if (this.#byPid.size > this.#limit && oldest !== undefined) this.#forget(oldest);
  }

  written(tag: string, unit: string | null): void {
    const sent = this.#find(tag, unit);
    if (sent !== undefined) sent.state = "written";
  }

  /** Whose text was in this packet; undefined: no text was. */
  addressee(pid: number): string | null | undefined {
    return this.#byPid.get(pid)?.unit;
  }

  /** Who was sent a text of this tag; undefined: nobody, or several. */
  onlyAddressee(tag: string): string | null | undefined {
    const [first, second] = (this.#byTag.get(tag) ?? []).filter(({ state }) => state !== "encoded");
    return second === undefined ? first?.unit : undefined;
  }

  /** A unit is on this line no longer. */
  forget(unit: string): void {
    for (const sent of [...this.#byPid.values()]) if (sent.unit === unit) this.#forget(sent);
  }

  /** PR of a RESPONSE: only a refusal says something of the text, whose record is answered apart. */
  packetAnswered(pid: number, result: number): readonly DeviceEvent[] {
    const sent = this.#byPid.get(pid);
    return sent?.state !== "written" || isTaken(result) ? [] : this.#refused(sent, result);
  }

  /** RST of our record. `pid`: of the packet it was in, null when the answer did not come in a RESPONSE. */
  recordAnswered(
    answer: { readonly pid: number | null; readonly number: number; readonly result: number },
    frame: Buffer,
  ): readonly DeviceEvent[] {
    const sent = this.#byNumber.get(answer.number);
    if (sent?.state !== "written" || (answer.pid !== null && answer.pid !== sent.pid)) return [];
    if (!isTaken(answer.result)) return this.#refused(sent, answer.result);
    if (sent.mode === "record") return this.#accepted(sent);
    if (sent.mode === "command") return [{ type: "deferred", ...named(sent), againMs: PATIENCE_MS }];
    if (sent.held !== null) return [];
    return [this.#hold(sent, frame, HOLD_MS)];
  }

  /** DELIV, COMCONF or MSGCONF of one of a unit's texts, by its CID; 0 is no text's. */
  confirmed({ type, result, cid }: Command, unit: string | null, frame: Buffer): readonly DeviceEvent[] {
    const tag = cid === 0 ? this.#onlyWaiting(unit) : String(cid);
    if (tag === null) return [];
    const sent = this.#find(tag, unit);
    const name = named({ tag, unit });
    if (result === CONFIRMATION.inProgress) {
      // A receipt that waits already waits longer.
      if (sent !== undefined && sent.held !== null) return [this.#hold(sent, frame, PATIENCE_MS)];
      return [{ type: "deferred", ...name, againMs: PATIENCE_MS }];
    }
    const known = sent?.state === "settled";
    if (sent !== undefined) this.#release(sent);
    if (sent?.state === "written") sent.state = "settled";
    if (result !== CONFIRMATION.ok)
      return [{ type: "receipt", ...name, outcome: "rejected", reason: `the device answered ${confirmationWords(result)}` }];
    const events: DeviceEvent[] = known ? [] : [{ type: "receipt", ...name, outcome: "accepted" }];
    if (type === COMMAND.messageConfirmation) events.push({ type: "read", ...name });
    return events;
  }

  /** Receipts that nothing followed. */
  tick(now: number): Pick<Ticked, "at"> & Required<Pick<Ticked, "receipts">> {
    let at: number | null = null;
    const receipts: { event: Extract<DeviceEvent, { type: "receipt" }>; frame: Buffer }[] = [];
    for (const sent of this.#waiting === 0 ? [] : this.#byPid.values()) {
      const { held } = sent;
      if (held === null) continue;
      held.since ??= now;
      const due = held.since + held.forMs;
      if (now < due) {
        at = at === null ? due : Math.min(at, due);
        continue;
      }
      this.#release(sent);
      sent.state = "settled";
      receipts.push({ event: { type: "receipt", ...named(sent), outcome: "accepted" }, frame: held.frame });
    }
    return { at, receipts };
  }

  /** The one text of a unit that waits, if that is what it means by CID 0. */
  #onlyWaiting(unit: string | null): string | null {
    const [first, second] = [...this.#byPid.values()].filter((sent) => sent.unit === unit && sent.state === "written");
    return first?.cidZero === true && second === undefined ? first.tag : null;
  }

  #find(tag: string, unit: string | null): Sent | undefined {
    return this.#byTag.get(tag)?.find((sent) => sent.unit === unit);
  }

  #hold(sent: Sent, frame: Buffer, forMs: number): DeviceEvent {
    // The frame is a view into the socket's chunk.
    if (sent.held === null) this.#waiting += 1;
    sent.held = { frame: Buffer.from(frame), forMs, since: null };
    return { type: "deferred", ...named(sent), againMs: forMs };
  }

  #release(sent: Sent): void {
    if (sent.held !== null) this.#waiting -= 1;
    sent.held = null;
  }

  #accepted(sent: Sent): readonly DeviceEvent[] {
    sent.state = "settled";
    return [{ type: "receipt", ...named(sent), outcome: "accepted" }];
  }

  #refused(sent: Sent, result: number): readonly DeviceEvent[] {
    const name = named(sent);
    this.#release(sent);
    if (result === RESULT.inProgress) return [{ type: "deferred", ...name, againMs: PATIENCE_MS }];
    const reason = `the device answered ${resultWords(result)}`;
    if (result === RESULT.headerCrc || result === RESULT.dataCrc) return [{ type: "receipt", ...name, outcome: "garbled", reason }];
    sent.state = "settled";
    return [{ type: "receipt", ...name, outcome: "rejected", reason }];
  }

  #forget(sent: Sent): void {
    const others = this.#byTag.get(sent.tag)?.filter((other) => other !== sent) ?? [];
    if (others.length === 0) this.#byTag.delete(sent.tag);
    else this.#byTag.set(sent.tag, others);
    if (this.#byPid.get(sent.pid) === sent) this.#byPid.delete(sent.pid);
    if (this.#byNumber.get(sent.number) === sent) this.#byNumber.delete(sent.number);
    this.#release(sent);
  }
}

/** How an event says which text it means. */
function named({ tag, unit }: Pick<SentText, "tag" | "unit">): { readonly tag: string; readonly unit?: string } {
  return unit === null ? { tag } : { tag, unit };
}

/** A packet or record that the device has already is taken as well. */
function isTaken(result: number): boolean {
  return result === RESULT.ok || result === RESULT.duplicate || result === RESULT.alreadyExists;
}
