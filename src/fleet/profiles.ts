/** Profiles against the schemas of their protocols (JSON Schema draft-07, defaults applied). */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { isTarget, type Profile, type Protocol, profileSchema, UNSUPPORTED } from "../core/index.ts";
import { sayError } from "./document.ts";
import { type Problem, pathOf } from "./problems.ts";

/** A profile of more bytes is a mistake: it is kept in memory for every tracker. */
const MAX_PROFILE_BYTES = 16_384;

export class Profiles {
  readonly #protocols: ReadonlyMap<string, Protocol>;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(protocols: readonly Protocol[]) {
    this.#protocols = new Map(protocols.map((protocol) => [protocol.name, protocol]));
    // Schemas may carry annotations that ajv does not know.
    const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false });
    for (const protocol of protocols) this.#validators.set(protocol.name, ajv.compile(profileSchema(protocol)));
  }

  get names(): readonly string[] {
    return [...this.#protocols.keys()];
  }

  protocol(name: string): Protocol | undefined {
    return this.#protocols.get(name);
  }

  /** What is wrong with a profile, paths below `base`; nothing while the protocol is open or unknown. */
  check(profile: Profile, protocol: string | null, base: string): readonly Problem[] {
    if (Buffer.byteLength(JSON.stringify(profile)) > MAX_PROFILE_BYTES) {
      return [{ path: base, error: `must be at most ${MAX_PROFILE_BYTES} bytes` }];
    }
    const validate = protocol === null ? undefined : this.#validators.get(protocol);
    if (validate === undefined) return checkOpen(profile, base);
    if (validate(structuredClone(profile))) return [];
    return (validate.errors ?? []).map((error) => ({ path: pathOf(error.instancePath, base), error: sayProfileError(error) }));
  }

  /**
   * The profile with the protocol's defaults. A tracker that learned its protocol, or an older store, may hold fields
   * that the schema refuses: those are left out rather than shown to a codec. But for `tee`: see `canShare`.
   */
  effective(profile: Profile, protocol: string | null): Profile {
    const own = this.#effective(profile, protocol);
    return typeof profile["tee"] === "string" ? { ...own, tee: profile["tee"] } : own;
  }

  #effective(profile: Profile, protocol: string | null): Profile {
    const validate = protocol === null ? undefined : this.#validators.get(protocol);
    if (validate === undefined) return profile;
    const whole = structuredClone(profile);
    if (validate(whole)) return whole;
    const refused = new Set((validate.errors ?? []).map((error) => refusedField(error.instancePath, error.params)));
    const rest = Object.fromEntries(Object.entries(structuredClone(profile)).filter(([name]) => !refused.has(name)));
    if (validate(rest)) return rest;
    const defaults = {};
    validate(defaults);
    return defaults;
  }
}

/** Whatever the protocol will be. */
function checkOpen({ tee = null }: Profile, base: string): readonly Problem[] {
  return tee === null || isTarget(tee) ? [] : [{ path: `${base}.tee`, error: "must be host:port" }];
}

/** A common setting that this protocol cannot have is not merely unknown. */
function sayProfileError(error: ErrorObject): string {
  const field = error.keyword === "additionalProperties" ? String(error.params["additionalProperty"]) : "";
  const reason = UNSUPPORTED[field];
  return reason === undefined ? sayError(error) : `"${field}" is not possible: ${reason}`;
}

function refusedField(pointer: string, params: Readonly<Record<string, unknown>>): string {
  const first = pointer.split("/")[1];
  return first ?? String(params["additionalProperty"]);
}
