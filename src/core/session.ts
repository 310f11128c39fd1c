/** Placeholder signature; the body follows. */
import type { Identity, Protocol } from "./protocol.ts";
import type { Effect, Input, SessionLimits } from "./session-io.ts";

export declare class Session {
  constructor(options: { readonly protocol: Protocol; readonly limits: SessionLimits; readonly now: number });
  step(input: Input, now: number): readonly Effect[];
  readonly deadline: number | null;
  readonly asking: boolean;
  readonly identity: Identity | null;
}
