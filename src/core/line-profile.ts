/** Settings of a tracker's profile that are the same for every protocol, beside the protocol's own. */
import type { Profile, ProfileSchema, Protocol } from "./protocol.ts";

/** `host:port`; an IPv6 address stands in brackets. */
const TARGET =
  /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z](?:[0-9A-Za-z.-]{0,251}[0-9A-Za-z])?):(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
export const TEE_TARGET = TARGET.source;

/** Why a protocol refuses a common setting. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  tee: "lines of this protocol cannot be shared with an upstream server",
  hold: "frames of this protocol do not tell whether the vehicle moves",
};

/** A line must not be taken as if nobody else wanted what its device says: it would be acknowledged here and kept by nobody. */
export function canShare({ tee: target }: Profile, { tee }: Pick<Protocol, "tee">): boolean {
  if (typeof target !== "string") return true;
  return tee !== undefined && isTarget(target);
}

export function isTarget(target: unknown): boolean {
  return typeof target === "string" && TARGET.test(target);
}

/** When texts wait for the vehicle to stand: see `Gate`. */
export interface Hold {
  readonly overKmh: number;
  readonly standingS: number;
  readonly atMostS: number;
}

const HOLD: Hold = { overKmh: 5, standingS: 30, atMostS: 14_400 };

const TEE = {
  type: ["string", "null"],
  pattern: TEE_TARGET,
  description: "host:port of the server that gets all but the chat, and alone acknowledges it; null: none",
};

const HOLD_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    overKmh: { type: "integer", minimum: 0, maximum: 100, default: HOLD.overKmh, description: "faster than this is driving" },
    standingS: { type: "integer", minimum: 0, maximum: 3_600, default: HOLD.standingS, description: "so long not driving is standing" },
    atMostS: { type: "integer", minimum: 1, maximum: 86_400, default: HOLD.atMostS, description: "no text is held longer by one drive" },
  },
  description: "texts that are not urgent wait while the vehicle drives; {} takes the defaults",
};

const WAKE = {
  type: "integer",
  minimum: 100,
  maximum: 600_000,
  description: "the device hears only what comes so soon (ms) behind a frame of its own: texts wait for one",
};

/** The schema of a tracker's whole profile. */
export function profileSchema({ profile, capabilities, tee }: Pick<Protocol, "profile" | "capabilities" | "tee">): ProfileSchema {
  const common = {
    ...(tee === undefined ? {} : { tee: TEE }),
    ...(capabilities.motion === true ? { hold: HOLD_SCHEMA } : {}),
    ...(capabilities.textDown === "none" ? {} : { wake: WAKE }),
  };
  return { ...profile, properties: { ...(profile["properties"] as object | undefined), ...common } };
}

/** Null: texts go out while the vehicle drives, too. */
export function holdOf({ hold }: Profile): Hold | null {
  return typeof hold === "object" && hold !== null ? { ...HOLD, ...(hold as Partial<Hold>) } : null;
}

/** Milliseconds; null: the device hears at any time. */
export function wakeOf({ wake }: Profile): number | null {
  return typeof wake === "number" ? wake : null;
}
