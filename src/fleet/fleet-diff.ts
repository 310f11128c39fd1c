/** What a change of the fleet means for trackers and their lines. */
import type { Tracker } from "../chat/fleet.ts";
import type { TrackerId } from "../chat/message.ts";

/** A tracker may be in several of these. */
export interface FleetDiff {
  readonly added: readonly TrackerId[];
  readonly removed: readonly TrackerId[];
  /** Blocked now, not before. */
  readonly blocked: readonly TrackerId[];
  /** Device id, password, profile or a protocol that was known already changed: what its line was told no longer holds. */
  readonly altered: readonly TrackerId[];
  /** Another user owns it now. */
  readonly moved: readonly TrackerId[];
}

/** Compares trackers before and after a change. */
export class DiffBuilder {
  readonly #before = new Map<TrackerId, Tracker | undefined>();

  before(tracker: Tracker | undefined, id: TrackerId): void {
    this.#before.set(id, tracker);
  }

  finish(after: (id: TrackerId) => Tracker | undefined): FleetDiff {
    const pairs = [...this.#before].map(([id, old]) => ({ id, old, now: after(id) }));
    const both = pairs.flatMap(({ id, old, now }) => (old && now ? [{ id, old, now }] : []));
    return {
      added: ids(pairs.filter(({ old, now }) => !old && now)),
      removed: ids(pairs.filter(({ old, now }) => old && !now)),
      blocked: ids(both.filter(({ old, now }) => now.blocked && !old.blocked)),
      altered: ids(both.filter(({ old, now }) => isAltered(old, now))),
      moved: ids(both.filter(({ old, now }) => now.userId !== old.userId)),
    };
  }
}

function ids(pairs: readonly { readonly id: TrackerId }[]): readonly TrackerId[] {
  return pairs.map(({ id }) => id);
}

function isAltered(old: Tracker, tracker: Tracker): boolean {
  if (old.deviceId !== tracker.deviceId || old.password !== tracker.password) return true;
  // Learning the protocol gives the profile its defaults; the line that taught it goes on.
  if (old.protocol === null) return false;
  return old.protocol !== tracker.protocol || JSON.stringify(old.profile) !== JSON.stringify(tracker.profile);
}
