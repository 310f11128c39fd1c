/** What is counted, by name and one label; the composition root turns it into metrics. */
export type Counted =
  /** Connections by listener. */
  | "connections"
  /** Ended connections by reason. */
  | "closings"
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
  /** Texts of broadcasts by what became of giving them; those that were tried once more, or withdrawn. */
  | "broadcast-texts"
  /** Texts that ended as expired. */
  | "expired"
  /** Live events: relayed, and relays that failed. */
  | "events"
  /** Listeners by how they ended. */
  | "listeners";

export interface Meter {
  count(what: Counted, label: string, by?: number): void;
}
