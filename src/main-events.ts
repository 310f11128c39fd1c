/** Live events on this node, put together: their relay, what dead nodes left of them, and those who listen. */
import type { Logger } from "pino";
import type { EventStore } from "./chat/events.ts";
import type { Meter } from "./chat/meter.ts";
import type { MessageStore } from "./chat/ports.ts";
import { EventHub } from "./events/hub.ts";
import { type OwnLine, Reaper } from "./events/reaper.ts";
import { Relayer } from "./events/relayer.ts";
import type { Fleet } from "./fleet/fleet.ts";

export interface EventSideDeps {
  readonly node: string;
  readonly store: MessageStore;
  readonly events: EventStore;
  readonly fleet: Fleet;
  readonly meter: Meter;
  readonly log: Logger;
}

export interface EventSide {
  readonly hub: EventHub;
  /** Takes over what an earlier process of this name left; call before the first device is let in. */
  start(): Promise<void>;
  /** This node's lease was renewed; if others gave it up, these lines are said to be there. */
  renewed(lease: "kept" | "taken", lines: Iterable<OwnLine>): void;
  /** Relays what the last lines left; call when they are gone. */
  stop(): Promise<void>;
}

export function createEventSide({ node, store, events, fleet, meter, log }: EventSideDeps): EventSide {
  const { directory } = fleet;
  const relayer = new Relayer({ store: events, directory, node, meter, log });
  const reaper = new Reaper({ events, messages: store, recover: (trackerIds) => relayer.recover(trackerIds), node, log });
  const hub = new EventHub({ store: events, directory, messages: store, wake: (userId) => relayer.wake(userId), log });
  return {
    hub,
    start: async () => {
      relayer.start();
      await reaper.recover();
      reaper.start();
      hub.start();
    },
    renewed: (lease, lines) => void reaper.renewed(lease, lines),
    stop: async () => {
      hub.stop();
      reaper.stop();
      await relayer.stop();
    },
  };
}
