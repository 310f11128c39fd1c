/** What travels between nodes: small, idempotent and losable. The store holds the truth. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import type { News } from "../chat/ports.ts";

/**
 * The outbox of tracker `t` may hold something for the line with epoch `e`: the text `m`, or any; or it no longer holds what it held (`w`).
 * A newer epoch displaces the line.
 */
export interface Hint {
  readonly t: TrackerId;
  readonly e: number;
  readonly m?: MessageId;
  readonly w?: 1;
}

export type Mail =
  | { readonly hints: readonly Hint[] }
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

export function hintOf(trackerId: TrackerId, epoch: number, news: News): Hint {
  const hint = { t: trackerId, e: epoch };
  if (news === "withdrawal") return { ...hint, w: 1 };
  return news === "text" ? hint : { ...hint, m: news };
}

export function newsOf({ m, w }: Hint): News {
  return w === 1 ? "withdrawal" : (m ?? "text");
}
