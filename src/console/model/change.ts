/** What can happen to the model: events of the stream, and answers to calls. */
import type { Message, MessageId, Progress, TrackerId } from "./message.ts";
import type { Tracker } from "./model.ts";
import type { Position } from "./position.ts";

/** One line of the roster call. */
export interface RosterEntry {
  readonly trackerId: TrackerId;
  readonly online: boolean;
  readonly since: number | null;
  readonly protocol: string | null;
  readonly unread: number;
  readonly pending: number;
  readonly last: Message | null;
}

/** An event of the stream; `at` is its id. */
export type StreamEvent =
  | { readonly type: "message"; readonly at: Position; readonly message: Message }
  | { readonly type: "status"; readonly at: Position; readonly trackerId: TrackerId; readonly id: MessageId; readonly progress: Progress }
  | { readonly type: "unread"; readonly at: Position; readonly trackerId: TrackerId; readonly count: number }
  | {
      readonly type: "presence";
      readonly at: Position;
      readonly trackerId: TrackerId;
      readonly online: boolean;
      readonly since: number | null;
      readonly protocol: string | null;
    };

export type Change =
  | StreamEvent
  | { readonly type: "fleet"; readonly trackers: readonly Tracker[] }
  /** `at`: the position that the answer names, or the cursor when it was asked for. `isWhole`: no other tracker can chat. */
  | { readonly type: "roster"; readonly at: Position; readonly entries: readonly RosterEntry[]; readonly isWhole: boolean }
  /** Before its messages are asked for: from now on none that arrives is missed. */
  | { readonly type: "open"; readonly trackerId: TrackerId }
  /** `complete`: it reaches back to the first message. Pages of one tracker are asked for one after another. */
  | { readonly type: "page"; readonly trackerId: TrackerId; readonly messages: readonly Message[]; readonly complete: boolean }
  /** A broadcast was answered: these messages are shown though nobody opened their conversations. */
  | { readonly type: "follow"; readonly at: Position; readonly ids: readonly MessageId[] }
  /** The server took it: these texts were read. */
  | { readonly type: "marked-read"; readonly at: Position; readonly trackerId: TrackerId; readonly ids: readonly MessageId[] }
  /** The stream cannot be resumed: positions start anew from this one, and what was loaded may have gaps. */
  | { readonly type: "reset"; readonly at: Position };
