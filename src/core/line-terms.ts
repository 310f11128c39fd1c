/** What everybody on a line has in common, and the terms on which one of them gets texts. */
import { capabilitiesUnder } from "./capabilities.ts";
import { COVERED } from "./covered.ts";
import type { DeliveryLine } from "./delivery-line.ts";
import type { Profile, Protocol } from "./protocol.ts";
import type { Tally } from "./tally.ts";

/** The line, whoever is on it. */
export interface SharedLine {
  readonly protocol: Pick<Protocol, "capabilities" | "under" | "redact">;
  /** The setting; a protocol may ask for more. */
  readonly receiptMs: number;
  /** Bytes that came on it. */
  readonly traffic: { readonly received: number };
  readonly tally: Tally;
}

/** A tracker's profile may change what its protocol can do. */
export function termsFor(
  { protocol, receiptMs, traffic, tally }: SharedLine,
  codec: DeliveryLine["codec"],
  profile: Profile,
): DeliveryLine {
  const capabilities = capabilitiesUnder(protocol, profile);
  const shown: DeliveryLine["shown"] = (frame, direction) => protocol.redact?.(frame, direction, () => COVERED) ?? frame;
  return { codec, capabilities, receiptMs: Math.max(receiptMs, capabilities.receiptMs ?? 0), traffic, tally, shown };
}
