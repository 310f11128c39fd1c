/** As much of an OpenAPI document as its makers and its tests need to know. */
import type { JsonSchema } from "./kinds.ts";

export type OpenApi = Readonly<Record<string, unknown>> & { readonly paths: Paths };

/** By path, then by method in lower case. */
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

export interface Operation {
  /** By HTTP status, or `default`. */
  readonly responses: Readonly<Record<string, ResponseDoc>>;
  readonly [field: string]: unknown;
}

export interface ResponseDoc {
  readonly description: string;
  /** By media type. */
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}
