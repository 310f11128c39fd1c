/** How a device treats a text: which answers and confirmations it gives, and when. */
import type { ReceiptMode } from "../../src/core/index.ts";
import { COMMAND, CONFIRMATION, RESULT, SERVICE } from "./codes.ts";
import type { Command } from "./command.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { confirmation, type Said } from "./device-records.ts";
import type { Packet } from "./wire.ts";

export interface Manner {
  readonly ways: DeviceSettings;
  readonly receipts: ReceiptMode;
  readonly lateMs: number;
  /** The unit whose text it is, on a link that carries several. */
  readonly object: number | null;
}

export type Step =
  /** A RESPONSE to this packet and its records; `rider`: a confirmation inside it. */
  | {
      readonly type: "answer";
      readonly packet: { readonly pid: number; readonly result: number };
      readonly records: readonly { readonly service: number; readonly record: number; readonly result: number }[];
      readonly rider: Said | null;
    }
  | { readonly type: "confirm"; readonly said: Said };

export interface Timed {
  readonly afterMs: number;
  readonly step: Step;
}

/** In the order in which they are done. */
export function mannerOf(packet: Packet, command: Command, { ways, receipts, lateMs, object }: Manner): readonly Timed[] {
  if (receipts === "silent") return [];
  if (receipts === "garbled") return [{ afterMs: 0, step: answer(packet, { result: RESULT.dataCrc }) }];
  const off = receipts === "wrong-tag" ? 1 : 0;
  const ok = receipts === "reject" ? ways.rejectCode : CONFIRMATION.ok;
  const all = steps(packet, { ...command, cid: (command.cid + off) >>> 0 }, { ways, result: ok, off, object });
  const delay = receipts === "late" ? lateMs : 0;
  const timed = all.map(({ afterMs, step }) => ({ afterMs: afterMs + delay, step }));
  return receipts === "duplicate" ? timed.flatMap((one) => [one, one]) : timed;
}

interface Way {
  readonly ways: DeviceSettings;
  /** CCT. */
  readonly result: number;
  /** Added to every number that tells which text is meant. */
  readonly off: number;
  readonly object: number | null;
}

function steps(packet: Packet, command: Command, { ways, result, off, object }: Way): readonly Timed[] {
  const said = (type: number, code = result): Said => {
    const plain = confirmation({ type, result: code, cid: command.cid, sid: command.sid });
    return object === null || !ways.confirmObject ? plain : { ...plain, object };
  };
  const taken = { afterMs: 0, step: answer(packet, { off }) };
  const deliv = { afterMs: ways.delivMs, step: confirm(said(COMMAND.delivered)) };
  const read = { afterMs: ways.readMs, step: confirm(said(COMMAND.messageConfirmation)) };
  switch (ways.confirm) {
    case "both":
      // What is not delivered is not read.
      return result === CONFIRMATION.ok ? [taken, deliv, read] : [taken, deliv];
    case "deliv":
      return [taken, deliv];
    case "msgconf":
      return [taken, read];
    case "comconf":
      return [{ afterMs: 0, step: answer(packet, { off, rider: said(COMMAND.commandConfirmation) }) }];
    case "record":
      return [result === CONFIRMATION.ok ? taken : { afterMs: 0, step: answer(packet, { off, record: RESULT.badData }) }];
    case "inprogress":
      return [taken, { afterMs: 0, step: confirm(said(COMMAND.delivered, CONFIRMATION.inProgress)) }, deliv, read];
  }
}

interface AnswerChoice {
  readonly result?: number;
  readonly record?: number;
  readonly off?: number;
  readonly rider?: Said;
}

function answer({ pid, records }: Packet, { result = RESULT.ok, record = RESULT.ok, off = 0, rider }: AnswerChoice): Step {
  // OMEGA's unit answers a command's record under the service of authentication.
  const service = rider === undefined ? SERVICE.commands : SERVICE.auth;
  const answered = result === RESULT.ok ? records.map(({ number }) => ({ service, record: (number + off) & 0xffff, result: record })) : [];
  return { type: "answer", packet: { pid: (pid + off) & 0xffff, result }, records: answered, rider: rider ?? null };
}

function confirm(said: Said): Step {
  return { type: "confirm", said };
}
