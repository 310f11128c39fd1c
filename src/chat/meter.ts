/** What is counted, by name and one label; the composition root turns it into metrics. */
export type Counted =
  /** Connections by listener. */
  | "connections"
  /** Ended connections by reason. */
  | "closings"
  /** Units that left a line which goes on without them, by reason. */
  | "departures"
  | "logins"
  /** Refused logins by reason. */
  | "refusals"
  /** Notes of sessions by kind. */
  | "notes"
  /** Driver texts by verdict. */
  | "texts-in"
  /** Texts claimed for a line, by protocol. */
  | "texts-out"
  /** Settlements by outcome. */
  | "settlements"
  /** Hints by what became of them. */
  | "hints"
  | "bytes-in"
  | "bytes-out"
  /** Restarts of the hint worker by cause. */
  | "worker-restarts"
  /** Texts that ended as expired. */
  | "expired";

export interface Meter {
  count(what: Counted, label: string, by?: number): void;
}
