/** Who is connected to this node: a line per tracker, which several may share. */

import type { TrackerId } from "../chat/message.ts";
import type { CloseReason, LineNews, News, RefusalReason } from "../core/index.ts";

/** A tracker's line as the rest of the node sees it. */
export interface LiveLine {
  readonly trackerId: TrackerId;
  readonly deviceId: string;
  readonly protocol: string;
  readonly address: string;
  readonly epoch: number;
  /** Milliseconds since it logged in. */
  readonly ageMs: number;
  /** The outbox may hold something (the default), or no longer what it held. */
  hint(news?: LineNews): void;
  /** Ends the tracker's being here, and the line unless others share it. */
  leave(reason: CloseReason): void;
}

/** What became of a hint: `absent` when no line of the tracker is on this node. */
export type Hinted = "told" | "taken-over" | "absent";

export class Registry {
  readonly #lines = new Map<TrackerId, LiveLine>();

  get size(): number {
    return this.#lines.size;
  }

  has(trackerId: TrackerId): boolean {
    return this.#lines.has(trackerId);
  }

  get(trackerId: TrackerId): LiveLine | undefined {
    return this.#lines.get(trackerId);
  }

  all(): IterableIterator<LiveLine> {
    return this.#lines.values();
  }

  /** How many lines speak each protocol. */
  byProtocol(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { protocol } of this.#lines.values()) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
    return counts;
  }

  /** Enters a line and displaces an older one; false when a newer line is here already, so that this one must go. */
  enter(line: LiveLine): boolean {
    const present = this.#lines.get(line.trackerId);
    if (present !== undefined && present !== line && present.epoch > line.epoch) return false;
    this.#lines.set(line.trackerId, line);
    if (present !== undefined && present !== line) present.leave("taken-over");
    return true;
  }

  /** Takes a line out, unless another has its place by now. */
  leave(line: LiveLine): void {
    if (this.#lines.get(line.trackerId) === line) this.#lines.delete(line.trackerId);
  }

  /** A newer epoch than the line's own means that the tracker has logged in elsewhere. */
  hint(trackerId: TrackerId, epoch: number, news: News = "text"): Hinted {
    const line = this.#lines.get(trackerId);
    if (line === undefined) return "absent";
    if (epoch > line.epoch) {
      line.leave("taken-over");
      return "taken-over";
    }
    line.hint(news);
    return "told";
  }

  /** Ends the tracker's line; false when it is not on this node. */
  kick(trackerId: TrackerId, reason: CloseReason): boolean {
    const line = this.#lines.get(trackerId);
    line?.leave(reason);
    return line !== undefined;
  }
}

/** Why a connection is over: the session's reasons and those from before there was one. */
export type EndReason =
  | CloseReason
  | RefusalReason
  | "unrecognised"
  | "defect"
  | "too-many-lines"
  | "login-rate"
  | "overload"
  | "tls-failed"
  | "bad-proxy-header";
