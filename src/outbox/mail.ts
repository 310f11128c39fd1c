/** What travels between nodes: small, idempotent and losable. The store holds the truth. */
import type { TrackerId } from "../chat/message.ts";
import type { News } from "../chat/ports.ts";

export type Mail =
  /** The outbox of tracker `t` may hold something for the line with epoch `e`, or no longer what it held (`w`); a newer epoch displaces the line. */
  | { readonly t: TrackerId; readonly e: number; readonly w?: 1 }
  /** End the tracker's line. */
  | { readonly kick: TrackerId }
  /** Append your lines to the answer with this name. */
  | { readonly lines: string };

/** What this node does with the mail it gets; every call returns at once. */
export interface Mailbox {
  hint(trackerId: TrackerId, epoch: number, news: News): void;
  kick(trackerId: TrackerId): void;
  /** Answers a question for this node's lines. */
  lines(answer: string): Promise<void>;
}

/** BullMQ forbids ':' in queue names; the braces keep all keys of a queue in one slot of a Redis Cluster. */
export function queueName(node: string): string {
  return `{gw-${node.replaceAll(/[^A-Za-z0-9_.-]/g, (char) => `%${char.codePointAt(0)?.toString(16)}`)}}`;
}

/** One waiting job per tracker, epoch and news: an older epoch's waiting hint must not swallow a takeover, nor a withdrawal. */
export function deduplicationId(mail: Mail): string | null {
  return "t" in mail ? `t${mail.t}e${mail.e}${mail.w === 1 ? "w" : ""}` : null;
}
