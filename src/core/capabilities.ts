/** What a protocol can do for one tracker: as its data say, but for what the tracker's profile changes. */
import type { Capabilities, Profile, Protocol } from "./protocol.ts";

export function capabilitiesUnder({ capabilities, under }: Pick<Protocol, "capabilities" | "under">, profile: Profile): Capabilities {
  return under === undefined ? capabilities : { ...capabilities, ...under(profile) };
}
