/** A profile from the command line, checked by the protocol's schema, its defaults applied. */
import { Ajv } from "ajv";
import type { Profile, Protocol } from "../core/index.ts";

/** Throws an Error whose message names the setting that is wrong. `lenient`: settings the schema lacks may stay (simulators have their own). */
export function checkedProfile(protocol: Protocol, given: Readonly<Record<string, unknown>>, lenient = false): Profile {
  const profile = { ...given };
  const schema = lenient ? { ...protocol.profile, additionalProperties: true } : protocol.profile;
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false });
  if (ajv.validate(schema, profile)) return profile;
  throw new Error(`profile of ${protocol.name}: ${ajv.errorsText(ajv.errors, { dataVar: "profile" })}`);
}
