/** A profile from the command line, checked by the protocol's schema, its defaults applied. */
import { Ajv } from "ajv";
import { type Profile, type Protocol, profileSchema } from "../core/index.ts";

/** Throws an Error whose message names the setting that is wrong. `lenient`: settings the schema lacks may stay (simulators have their own). */
export function checkedProfile(protocol: Protocol, given: Readonly<Record<string, unknown>>, lenient = false): Profile {
  return profileChecker(protocol, lenient)(given);
}

/** The same for many profiles of one protocol: its schema is compiled once. */
export function profileChecker(protocol: Protocol, lenient = false): (given: Readonly<Record<string, unknown>>) => Profile {
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false });
  const schema = profileSchema(protocol);
  const validate = ajv.compile(lenient ? { ...schema, additionalProperties: true } : schema);
  return (given) => {
    const profile = structuredClone(given);
    if (validate(profile)) return profile;
    throw new Error(`profile of ${protocol.name}: ${ajv.errorsText(validate.errors, { dataVar: "profile" })}`);
  };
}
