/** Checks answers against the schemas that document their calls. */
import { Ajv } from "ajv";
import { expect } from "vitest";
import type { AccountCall } from "../../src/http/call.ts";

/** Fails when this answer does not fit, or no call answers at this address. */
export function fitsSchema(calls: readonly AccountCall[], url: string, body: unknown): void {
  const path = url.replace(/^\/(?:v2\/|api-v2\/)?/, "").replace(/\/?(?:\?.*)?$/, "");
  const call = calls.find((one) => one.path === path);
  if (call === undefined) throw new Error(`no call answers ${path}`);
  const always = { success: { const: true }, ...call.answer };
  const properties = { ...always, ...call.further };
  const schema = { type: "object", properties, required: Object.keys(always), additionalProperties: false };
  const ajv = new Ajv({ allErrors: true, formats: { int32: true }, allowUnionTypes: true });
  const valid = ajv.validate(schema, body);
  expect(ajv.errors ?? [], path).toEqual([]);
  expect(valid).toBe(true);
}
