/** What is counted and timed, by name; the composition root turns it into metrics. */

/** Counts by labels: where there are several, their words stand in this order with a blank between. */
export type Counted =
  /** Connections by listener. */
  | "connections"
  /** Ended connections by reason. */
  | "closings"
  /** Units that left a line which goes on without them, by reason. */
  | "departures"
  /** Accepted logins by protocol. */
  | "logins"
  /** Refused logins by reason. */
  | "refusals"
  /** Logins that displaced another line of their tracker, by where that was. */
  | "takeovers"
  /** Frames read, by protocol. */
  | "frames"
  /** Notes of sessions by protocol and kind. */
  | "notes"
  /** Bytes that are no frame, by protocol. */
  | "noise"
  /** Texts by direction, protocol and what became of them. */
  | "texts"
  /** Deliveries of texts to lines, by protocol and which delivery of its text it is. */
  | "deliveries"
  /** Receipts that did not come in time, by protocol. */
  | "missed-receipts"
  /** Hints by what became of them. */
  | "hints"
  /** Bytes by protocol. */
  | "bytes-in"
  | "bytes-out"
  /** Connections to servers that share lines, by protocol and what became of them. */
  | "tee"
  /** Bytes to and from those servers, by protocol and direction. */
  | "tee-bytes"
  /** Restarts of the hint worker by cause. */
  | "worker-restarts"
  /** Messages removed for good by cause. */
  | "removed"
  /** Texts of broadcasts by what became of giving them; those that were tried once more, or withdrawn. */
  | "broadcast-texts"
  /** Posts of events to webhooks by how they ended. */
  | "webhook-posts"
  /** Live events: relayed, and relays that failed. */
  | "events"
  /** Listeners by how they ended. */
  | "listeners"
  /** Calls refused because the node has too much to do, by call. */
  | "shed";

export interface Meter {
  count(what: Counted, labels: string, by?: number): void;
}

/** How long things took, by one label. */
export type Timed =
  /** From a part of a text on the wire to the device's receipt for it, by protocol. */
  "receipt";

export interface LineMeter extends Meter {
  time(what: Timed, label: string, ms: number): void;
}

/** The protocol of a line that has not said which it speaks, and of a tracker that has not learned one. */
export const NO_PROTOCOL = "none";
