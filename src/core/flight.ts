/** One text on its way over one line: its parts, which of them are out, and which the device has acknowledged. */
import type { Part } from "./protocol.ts";
import type { ClaimedText } from "./session-io.ts";

export interface Flight {
  claimed: ClaimedText;
  /** Empty once it ended. */
  parts: readonly Part[];
  /** How many parts it has. */
  readonly total: number;
  /** Deliveries on this line, from 1: the back-off counts these. */
  tries: number;
  readonly acked: Set<number>;
  /** When each part was last written (monotonic ms). */
  readonly writtenAt: number[];
  /** Parts written and not acknowledged, oldest first. */
  outstanding: number[];
  /** The next part to write. */
  next: number;
  /** When the receipt is overdue (monotonic ms); null: not waiting for one. */
  deadline: number | null;
  /** The line's count of received bytes at the first write: equal later means silence since. */
  bytesAtFirstWrite: number | null;
  /** The device saw a checksum error and was given the same order once more. */
  repeated: boolean;
  /** Implied receipts: a later frame was answered after the write. */
  answeredSince: boolean;
  /** At least one part was vouched for by TCP order only. */
  implied: boolean;
  ended: boolean;
  /** Its last part was read, and the store was not told yet. */
  read: boolean;
  /** Nobody wants it any more: no further part goes out, and a receipt only tells what the device has. */
  withdrawn: boolean;
}

/** A part that was written. */
export interface Written {
  readonly flight: Flight;
  readonly part: number;
}

export function newFlight(claimed: ClaimedText, parts: readonly Part[]): Flight {
  const flight: Flight = {
    claimed,
    parts,
    total: parts.length,
    tries: 0,
    acked: new Set(),
    writtenAt: [],
    outstanding: [],
    next: 0,
    deadline: null,
    bytesAtFirstWrite: null,
    repeated: false,
    answeredSince: false,
    implied: false,
    ended: false,
    read: false,
    withdrawn: false,
  };
  return restart(flight, claimed);
}

/** The same text is delivered once more on this line: what was acknowledged stays so. */
export function restart(flight: Flight, claimed: ClaimedText): Flight {
  for (let part = 0; part < claimed.partsAcked; part += 1) flight.acked.add(part);
  flight.claimed = claimed;
  flight.tries += 1;
  flight.outstanding = [];
  flight.next = 0;
  return flight;
}

/** It ended: its name and its choices may still be asked for, its words and times no more. */
export function land(flight: Flight): void {
  flight.ended = true;
  flight.parts = [];
  flight.outstanding = [];
  flight.writtenAt.length = 0;
  flight.claimed = { ...flight.claimed, text: "" };
}

/** Parts acknowledged without a gap, from the first: where a re-send would start. */
export function ackedPrefix(flight: Flight): number {
  let prefix = 0;
  while (flight.acked.has(prefix)) prefix += 1;
  return prefix;
}

/** The next part that must still be written, or null when all are out or acknowledged. */
export function nextPart(flight: Flight): number | null {
  while (flight.next < flight.parts.length && flight.acked.has(flight.next)) flight.next += 1;
  return flight.next < flight.parts.length ? flight.next : null;
}

export function isLastPart({ flight, part }: Written): boolean {
  return part === flight.total - 1;
}

/** It waits for a receipt, but not for long enough to miss it. */
export function isUnclocked({ outstanding, deadline }: Flight): boolean {
  return outstanding.length > 0 && deadline === null;
}

/** The device has all of it. */
export function isComplete({ acked, total }: Flight): boolean {
  return acked.size >= total;
}

/** Not a byte came from the device since the text was first written, `received` being the line's count. */
export function silentSince(flight: Flight, received: number): boolean {
  return received === flight.bytesAtFirstWrite;
}

/** JT/T 808-2013, 6.1: T(N+1) = T(N) * (N+1) after the N-th retransmission, ended at 20 times the first wait. */
export function patience(flight: Flight, receiptMs: number): number {
  let factor = 1;
  for (let retransmission = 2; retransmission < flight.tries && factor < LONGEST_WAIT; retransmission += 1) factor *= retransmission;
  return receiptMs * Math.min(factor, LONGEST_WAIT);
}

const LONGEST_WAIT = 20;
