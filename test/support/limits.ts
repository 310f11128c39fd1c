/** The bounds of one line that the tests of sessions use. */
import { readConfig } from "../../src/config.ts";
import type { Bounds } from "../../src/config-bounds.ts";
import type { SessionLimits } from "../../src/core/index.ts";

export const LIMITS: SessionLimits = {
  loginMs: 15_000,
  idleMs: 900_000,
  halfFrameMs: 30_000,
  receiptMs: 15_000,
  strikes: 10,
  loginAttempts: 3,
};

/** Those of the settings as they are without any. */
export const BOUNDS: Bounds = readConfig({}, [], {}).bounds;
