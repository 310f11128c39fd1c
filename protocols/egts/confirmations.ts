/**
 * What became of our texts, in three levels: the record's own receipt (RECORD_RESPONSE), DELIV, MSGCONF. A device answers
 * the record first whatever it thinks of the command in it, so that receipt counts only when no word on the command follows.
 */
import type { DeviceEvent, Ticked } from "../../src/core/index.ts";
import { COMMAND, CONFIRMATION, confirmationWords, RESULT, resultWords } from "./codes.ts";
import type { Command } from "./command.ts";
import type { Confirmation } from "./profile.ts";

/** Texts of one line whose receipts are told apart. */
const MAX_SENT = 256;
/** How long the record's receipt waits for a word on the command, longer than a device waits for an answer (TL_RESPONSE_TO 5 s). */
const HOLD_MS = 10_000;
/** How long a command may take that the device has taken or says to be in progress. */
const PATIENCE_MS = 120_000;

export interface SentText {
  readonly tag: string;
  readonly pid: number;
  /** Of its record. */
  readonly number: number;
}

interface Sent extends SentText {
  /** `encoded`: it has not gone out on this line, so nothing that comes can mean it as it is here. */
  state: "encoded" | "written" | "settled";
}

interface Held {
  readonly tag: string;
  readonly frame: Buffer;
  readonly forMs: number;
  /** Since when; null: since the next tick. */
  since: number | null;
}

export class Confirmations {
  readonly #byTag = new Map<string, Sent>();
  readonly #byPid = new Map<number, Sent>();
  readonly #byNumber = new Map<number, Sent>();
  readonly #held = new Map<string, Held>();

  encoded(text: SentText): void {
    const before = this.#byTag.get(text.tag);
    if (before !== undefined) this.#forget(before);
    const sent: Sent = { ...text, state: "encoded" };
    this.#byTag.set(sent.tag, sent);
    this.#byPid.set(sent.pid, sent);
    this.#byNumber.set(sent.number, sent);
    const [oldest] = this.#byTag.values();
    if (this.#byTag.size > MAX_SENT && oldest !== undefined) this.#forget(oldest);
  }

  written(tag: string): void {
    const sent = this.#byTag.get(tag);
    if (sent !== undefined) sent.state = "written";
  }

  /** PR of a RESPONSE: only a refusal says something of the text, whose record is answered apart. */
  packetAnswered(pid: number, result: number): readonly DeviceEvent[] {
    const sent = this.#byPid.get(pid);
    return sent?.state !== "written" || isTaken(result) ? [] : this.#refused(sent, result);
  }

  /** RST of our record. `pid`: of the packet it was in, null when the answer did not come in a RESPONSE. */
  recordAnswered(
    answer: { readonly pid: number | null; readonly number: number; readonly result: number },
    mode: Confirmation,
    frame: Buffer,
  ): readonly DeviceEvent[] {
    const sent = this.#byNumber.get(answer.number);
    if (sent?.state !== "written" || (answer.pid !== null && answer.pid !== sent.pid)) return [];
    if (!isTaken(answer.result)) return this.#refused(sent, answer.result);
    if (mode === "record") return this.#accepted(sent);
    if (mode === "command") return [{ type: "deferred", tag: sent.tag, againMs: PATIENCE_MS }];
    if (this.#held.has(sent.tag)) return [];
    return [this.#hold(sent.tag, frame, HOLD_MS)];
  }

  /** DELIV, COMCONF or MSGCONF: matched by CID alone, since SID is not copied by all. */
  confirmed({ type, result, cid }: Command, frame: Buffer): readonly DeviceEvent[] {
    const tag = String(cid);
    if (result === CONFIRMATION.inProgress) return this.#inProgress(tag, frame);
    this.#held.delete(tag);
    const sent = this.#byTag.get(tag);
    const known = sent?.state === "settled";
    if (sent?.state === "written") sent.state = "settled";
    if (result !== CONFIRMATION.ok)
      return [{ type: "receipt", tag, outcome: "rejected", reason: `the device answered ${confirmationWords(result)}` }];
    const events: DeviceEvent[] = known ? [] : [{ type: "receipt", tag, outcome: "accepted" }];
    if (type === COMMAND.messageConfirmation) events.push({ type: "read", tag });
    return events;
  }

  /** Receipts that nothing followed. */
  tick(now: number): Pick<Ticked, "at"> & Required<Pick<Ticked, "receipts">> {
    let at: number | null = null;
    const receipts: { event: Extract<DeviceEvent, { type: "receipt" }>; frame: Buffer }[] = [];
    for (const held of this.#held.values()) {
      held.since ??= now;
      const due = held.since + held.forMs;
      if (now < due) {
        at = at === null ? due : Math.min(at, due);
        continue;
      }
      this.#held.delete(held.tag);
      const sent = this.#byTag.get(held.tag);
      if (sent !== undefined) sent.state = "settled";
      receipts.push({ event: { type: "receipt", tag: held.tag, outcome: "accepted" }, frame: held.frame });
    }
    return { at, receipts };
  }

  /** A receipt that waits already waits longer. */
  #inProgress(tag: string, frame: Buffer): readonly DeviceEvent[] {
    if (this.#held.has(tag)) return [this.#hold(tag, frame, PATIENCE_MS)];
    return [{ type: "deferred", tag, againMs: PATIENCE_MS }];
  }

  #hold(tag: string, frame: Buffer, forMs: number): DeviceEvent {
    // The frame is a view into the socket's chunk.
    this.#held.set(tag, { tag, frame: Buffer.from(frame), forMs, since: null });
    return { type: "deferred", tag, againMs: forMs };
  }

  #accepted(sent: Sent): readonly DeviceEvent[] {
    sent.state = "settled";
    return [{ type: "receipt", tag: sent.tag, outcome: "accepted" }];
  }

  #refused(sent: Sent, result: number): readonly DeviceEvent[] {
    const { tag } = sent;
    this.#held.delete(tag);
    if (result === RESULT.inProgress) return [{ type: "deferred", tag, againMs: PATIENCE_MS }];
    const reason = `the device answered ${resultWords(result)}`;
    if (result === RESULT.headerCrc || result === RESULT.dataCrc) return [{ type: "receipt", tag, outcome: "garbled", reason }];
    sent.state = "settled";
    return [{ type: "receipt", tag, outcome: "rejected", reason }];
  }

  #forget(sent: Sent): void {
    this.#byTag.delete(sent.tag);
    if (this.#byPid.get(sent.pid) === sent) this.#byPid.delete(sent.pid);
    if (this.#byNumber.get(sent.number) === sent) this.#byNumber.delete(sent.number);
    this.#held.delete(sent.tag);
  }
}

/** A packet or record that the device has already is taken as well. */
function isTaken(result: number): boolean {
  return result === RESULT.ok || result === RESULT.duplicate || result === RESULT.alreadyExists;
}
