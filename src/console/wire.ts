/** The API's words turned into the page's own: the only place that knows names with underscores and date texts. */
import type { RosterEntry, StreamEvent } from "./model/change.ts";
import { MESSAGE_STATES, type Message, type MessageState, type Progress } from "./model/message.ts";
import { folded, type Tracker } from "./model/model.ts";
import { type Position, positionOf } from "./model/position.ts";

export interface WireMessage {
  readonly id: number;
  readonly submit_time: string;
  readonly update_time: string | null;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
  readonly state?: string;
  readonly reason?: string;
  readonly receipt?: "device" | "implied";
  readonly choices?: readonly string[];
  readonly answers?: number;
  readonly altered?: boolean;
}

export interface WireRosterEntry {
  readonly tracker_id: number;
  readonly online: boolean;
  readonly since: string | null;
  readonly protocol: string | null;
  readonly unread: number;
  readonly pending: number;
  readonly last: WireMessage | null;
}

export interface WireTracker {
  readonly id: number;
  readonly label: string;
  readonly group_id: number;
  readonly source: { readonly device_id: string; readonly model: string | null };
}

export interface WireEmployee {
  readonly first_name: string;
  readonly middle_name?: string;
  readonly last_name: string;
  readonly tracker_id: number | null;
}

interface WireEvent {
  readonly tracker_id: number;
  readonly message: WireMessage;
  readonly message_id: number;
  readonly status: WireMessage["status"];
  readonly state?: string;
  readonly update_time: string | null;
  readonly reason?: string;
  readonly receipt?: WireMessage["receipt"];
  readonly altered?: boolean;
  readonly unread: number;
  readonly online: boolean;
  readonly time: string | null;
  readonly protocol: string | null;
}

export function messageOfWire(wire: WireMessage, trackerId: number, at: Position): Message {
  return {
    id: wire.id,
    trackerId,
    direction: wire.type,
    text: wire.text,
    submittedAt: Date.parse(wire.submit_time),
    choices: wire.choices ?? [],
    answers: wire.answers ?? null,
    progress: progressOf(wire, wire.type, at),
  };
}

export function rosterEntryOf(wire: WireRosterEntry, at: Position): RosterEntry {
  const { tracker_id: trackerId, online, protocol, unread, pending, last } = wire;
  const since = instant(wire.since);
  return { trackerId, online, since, protocol, unread, pending, last: last === null ? null : messageOfWire(last, trackerId, at) };
}

export function trackersOf(trackers: readonly WireTracker[], employees: readonly WireEmployee[]): readonly Tracker[] {
  const drivers = new Map(employees.map((employee) => [employee.tracker_id, nameOf(employee)]));
  return trackers.map(({ id, label, group_id: group, source: { device_id: deviceId, model } }) => {
    const driver = drivers.get(id) ?? "";
    return { id, label, driver, group, model, deviceId, searched: folded(`${label} ${driver} ${model ?? ""} ${deviceId}`) };
  });
}

/** An event of the stream; null: of a kind that this page does not know. */
export function eventOf(type: string, id: string, data: string): StreamEvent | null {
  const at = positionOf(id);
  const wire = parsed(data);
  if (at === null || wire === null) return null;
  const { tracker_id: trackerId } = wire;
  switch (type) {
    case "message":
      return { type, at, message: messageOfWire(wire.message, trackerId, at) };
    case "status":
      return { type, at, trackerId, id: wire.message_id, progress: progressOf(wire, "OUTGOING", at) };
    case "unread":
      return { type, at, trackerId, count: wire.unread };
    case "presence":
      return { type, at, trackerId, online: wire.online, since: instant(wire.time), protocol: wire.protocol };
    default:
      return null;
  }
}

type WireProgress = Pick<WireEvent, "status" | "state" | "update_time" | "reason" | "receipt" | "altered">;

function progressOf(
  { status, state, update_time, reason, receipt, altered }: WireProgress,
  direction: Message["direction"],
  at: Position,
): Progress {
  return {
    state: MESSAGE_STATES.find((known) => known === state) ?? documentedState(status, direction),
    updatedAt: instant(update_time),
    reason: reason ?? null,
    receipt: receipt ?? null,
    altered: altered ?? false,
    at,
  };
}

/** What the two documented words say where no other is given. */
function documentedState(status: WireMessage["status"], direction: Message["direction"]): MessageState {
  if (direction === "INCOMING") return status === "DELIVERED" ? "marked-read" : "unread";
  return status === "DELIVERED" ? "delivered" : "queued";
}

function nameOf({ first_name, middle_name, last_name }: WireEmployee): string {
  return [first_name, middle_name, last_name].filter(Boolean).join(" ");
}

function instant(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

function parsed(data: string): WireEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as WireEvent) : null;
  } catch {
    return null;
  }
}
