/** Which trackers a caller may use for what. A tracker of somebody else is answered exactly as one that does not exist. */
import { capabilitiesUnder } from "../core/capabilities.ts";
import { ChatError } from "./chat-error.ts";
import type { Directory, Tracker, User, UserId } from "./fleet.ts";
import type { TrackerId } from "./message.ts";

/** `send` also needs a tariff with reports. */
export type Purpose = "read" | "send";

/** Trackers in one call, unless the dealer's limit is lower. */
const LISTED_TRACKERS = 300;

/** One tracker. Throws 201, 208, 214, 236, in this order. */
export function usableTracker(directory: Directory, user: User, id: TrackerId, purpose: Purpose): Tracker {
  const tracker = ownTracker(directory, user, id);
  if (tracker === undefined) throw new ChatError(201);
  if (tracker.blocked) throw new ChatError(208);
  if (!takesText(directory, tracker)) throw new ChatError(214);
  if (!tariffAllows(directory, tracker, purpose)) throw new ChatError(236);
  return tracker;
}

/** One tracker to learn about, whatever its device can do. Throws 201, 208, 236, in this order. */
export function knownTracker(directory: Directory, user: User, id: TrackerId): Tracker {
  const tracker = ownTracker(directory, user, id);
  if (tracker === undefined) throw new ChatError(201);
  if (tracker.blocked) throw new ChatError(208);
  if (!tariffAllows(directory, tracker, "read")) throw new ChatError(236);
  return tracker;
}

/** A list of trackers, duplicates folded, in the order given. Throws 221, then 217. */
export function listedTrackers(directory: Directory, user: User, ids: readonly TrackerId[], purpose: Purpose): readonly Tracker[] {
  const unique = [...new Set(ids)];
  const dealerLimit = user.dealerId === null ? null : directory.deviceLimit(user.dealerId);
  if (unique.length > Math.min(LISTED_TRACKERS, dealerLimit ?? LISTED_TRACKERS)) throw new ChatError(221);
  return unique.map((id) => {
    const tracker = ownTracker(directory, user, id);
    if (tracker === undefined || tracker.blocked || !tariffAllows(directory, tracker, purpose)) throw new ChatError(217);
    return tracker;
  });
}

/** The account's trackers of these ids, blocked ones too; null: all of them. Throws 201. */
export function accountTrackers(directory: Directory, user: User, ids: readonly TrackerId[] | null): readonly TrackerId[] {
  if (ids === null) return directory.trackersOf(user.id).map(({ id }) => id);
  const unique = [...new Set(ids)];
  if (unique.some((id) => ownTracker(directory, user, id) === undefined)) throw new ChatError(201);
  return unique;
}

/** Whether a tracker is there for its account's chat: its own, not blocked, with a tariff that has it. */
export function isChatTracker(directory: Directory, userId: UserId, tracker: Tracker | undefined): tracker is Tracker {
  return tracker?.userId === userId && !tracker.blocked && tariffAllows(directory, tracker, "read");
}

export function ownTracker(directory: Directory, user: User, id: TrackerId): Tracker | undefined {
  const tracker = directory.tracker(id);
  return tracker?.userId === user.id ? tracker : undefined;
}

/** Whether the device can take a text; one whose protocol is not known yet may turn out to. */
export function takesText(directory: Directory, tracker: Tracker): boolean {
  const protocol = tracker.protocol === null ? undefined : directory.protocol(tracker.protocol);
  if (protocol === undefined) return true;
  const { textDown } = capabilitiesUnder(protocol, tracker.profile);
  return textDown === "chat" || (textDown === "console" && tracker.profile["console"] === true);
}

export function tariffAllows(directory: Directory, tracker: Tracker, purpose: Purpose): boolean {
  const tariff = tracker.tariffId === null ? undefined : directory.tariff(tracker.tariffId);
  if (tariff === undefined || !tariff.features.includes("chat")) return false;
  return purpose === "read" || tariff.hasReports;
}
