/** The parameters of one call: which there are, which must be there, and what stands in for the absent. */
import { ChatError, type ParameterProblem } from "../chat/chat-error.ts";
import type { JsonSchema, Kind, ReadingContext } from "./kinds.ts";
import type { Parameters } from "./parameters.ts";

export type Field<T> =
  | { readonly type: "required"; readonly kind: Kind<T> }
  | { readonly type: "optional"; readonly kind: Kind<T>; readonly fallback: T };

export type Fields = Readonly<Record<string, Field<unknown>>>;
/** What reading gives: by name, each with its type. */
export type Values<F extends Fields> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

export function required<T>(kind: Kind<T>): Field<T> {
  return { type: "required", kind };
}

export function optional<T, D extends T | null>(kind: Kind<T>, fallback: D): Field<T | D> {
  return { type: "optional", kind, fallback };
}

/** Reads every field; parameters that the call does not know are ignored. Throws 7 with each problem. */
export function readFields<F extends Fields>(fields: F, parameters: Parameters, context: ReadingContext): Values<F> {
  const problems: ParameterProblem[] = [];
  const values = new Map<string, unknown>();
  for (const [name, field] of Object.entries(fields)) {
    const sent = parameters.get(name);
    if (sent !== undefined) {
      const reading = field.kind.read(sent, context);
      if (reading.type === "value") values.set(name, reading.value);
      else problems.push({ parameter: name, error: reading.problem });
    } else if (field.type === "optional") values.set(name, field.fallback);
    else problems.push({ parameter: name, error: "is required" });
  }
  if (problems.length > 0) throw new ChatError(7, problems);
  return Object.fromEntries(values) as Values<F>;
}

/** JSON Schema of the parameters as an object, for the documentation; what is read is more lenient. */
export function fieldsSchema(fields: Fields): JsonSchema {
  const entries = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)])),
    required: entries.filter(([, field]) => field.type === "required").map(([name]) => name),
  };
}

function fieldSchema(field: Field<unknown>): JsonSchema {
  const { schema } = field.kind;
  return field.type === "optional" && field.fallback !== null ? { ...schema, default: field.fallback } : schema;
}
