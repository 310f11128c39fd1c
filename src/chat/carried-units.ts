/**
 * Which units a line may carry. A link adds no right of its own: whoever needs no password could log in over a line of its own
 * just as well. Only a link that proved itself by a password speaks for those of its account that have one.
 */
import type { Identity, RefusalReason } from "../core/protocol.ts";
import type { Directory, Tracker } from "./fleet.ts";

/** `carrier`: whose line it is; null: nobody's. Profiles may narrow it: `units` of the carrier, `carriedBy` of the unit. */
export function objectionToUnit(unit: Tracker, directory: Directory, carrier: Identity | null): RefusalReason | null {
  const owner = carrier === null ? undefined : directory.tracker(carrier.trackerId);
  const sameAccount = owner !== undefined && owner.userId === unit.userId;
  if (owner?.profile["units"] === false) return "unsupported";
  if (unit.profile["carriedBy"] === "account" && !sameAccount) return "unsupported";
  if (unit.password === null) return null;
  return sameAccount && owner.password !== null ? null : "wrong-password";
}
