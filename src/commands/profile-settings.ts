/** The settings of a protocol's profile, one row each: for the terminal, and for docs/protocols.md. */
import type { ProfileSchema } from "../core/index.ts";

export interface ProfileSetting {
  readonly name: string;
  readonly values: string;
  /** As JSON; empty: there is none. */
  readonly fallback: string;
  readonly meaning: string;
}

export function profileSettings(schema: ProfileSchema): readonly ProfileSetting[] {
  return Object.entries(propertiesOf(schema)).map(([name, property]) => ({
    name,
    values: valuesOf(property),
    fallback: property.default === undefined ? "" : JSON.stringify(property.default),
    meaning: property.description ?? "",
  }));
}

interface Property {
  readonly type?: string | readonly string[];
  readonly items?: Property;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

function propertiesOf({ properties }: ProfileSchema): Readonly<Record<string, Property>> {
  return typeof properties === "object" && properties !== null ? (properties as Readonly<Record<string, Property>>) : {};
}

function valuesOf({ type, enum: choices, items, maxItems, minimum, maximum }: Property): string {
  if (items) return `list of ${maxItems === undefined ? "" : `at most ${maxItems} `}${valuesOf(items)}`;
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(" | ");
  const kinds = type === undefined ? "any" : [type].flat().join(" | ");
  if (minimum === undefined && maximum === undefined) return kinds;
  return `${kinds} ${minimum ?? ""}..${maximum ?? ""}`;
}
