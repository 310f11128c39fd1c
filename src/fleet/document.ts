/** The fleet document: what `fleet import` and `PUT /admin/fleet` take and `fleet export` gives. */
import { Ajv, type ErrorObject } from "ajv";
import { KEY_TITLE } from "../chat/accounts.ts";
import { TEE_TARGET } from "../core/index.ts";
import { Problems, pathOf } from "./problems.ts";

/** Every list may be absent, and every field of an entity that exists already but its id. */
export interface FleetDocument {
  readonly dealers?: readonly DealerEntry[];
  readonly tariffs?: readonly TariffEntry[];
  readonly users?: readonly UserEntry[];
  readonly employees?: readonly EmployeeEntry[];
  readonly trackers?: readonly TrackerEntry[];
}
export interface DealerEntry {
  readonly id: number;
  readonly device_limit?: number | null;
}
export interface TariffEntry {
  readonly id: number;
  readonly features?: readonly string[];
  readonly has_reports?: boolean;
}
export interface UserEntry {
  readonly id: number;
  readonly login?: string;
  readonly password?: string | null;
  readonly time_zone?: string;
  readonly dealer_id?: number | null;
  readonly api_keys?: readonly ApiKeyEntry[];
}
/** Without a hash a key is made, unless the user has one of this title. */
export interface ApiKeyEntry {
  readonly hash?: string;
  readonly title?: string;
}
export interface EmployeeEntry {
  readonly id: number;
  readonly user_id?: number;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly tracker_id?: number | null;
}
export interface TrackerEntry {
  readonly id: number;
  readonly user_id?: number;
  readonly label?: string;
  readonly group_id?: number;
  readonly device_id?: string;
  readonly model?: string | null;
  readonly protocol?: string | null;
  readonly blocked?: boolean;
  readonly tariff_id?: number | null;
  readonly phone?: string | null;
  readonly password?: string | null;
  readonly profile?: Readonly<Record<string, unknown>>;
}

/** Makes the check of a parsed document's shape, which throws FleetRefused with every problem. Making it costs more than a use. */
export function documentCheck(): (input: unknown) => FleetDocument {
  const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile<FleetDocument>(DOCUMENT);
  return (input) => {
    if (validate(input)) return input;
    const problems = new Problems();
    for (const error of validate.errors ?? []) problems.add(pathOf(error.instancePath), sayError(error));
    problems.throwIfAny();
    throw new Error("ajv refused the document without an error");
  };
}

/** An error of ajv in words that name the culprit. */
export function sayError(error: ErrorObject): string {
  const { params, message } = error;
  if (error.keyword === "additionalProperties") return `unknown field "${String(params["additionalProperty"])}"`;
  if (error.keyword === "enum") return `must be one of ${JSON.stringify(params["allowedValues"])}`;
  if (error.keyword === "const") return `must be ${JSON.stringify(params["allowedValue"])}`;
  if (error.keyword === "pattern") return PATTERNS[String(params["pattern"])] ?? message ?? "malformed";
  return message ?? "malformed";
}

const HASH = "^[0-9A-Fa-f]{32}$";
const DEVICE_ID = "^[^\\s\\p{C}]{1,64}$";
const PATTERNS: Readonly<Record<string, string>> = {
  [HASH]: "must be 32 hex digits",
  [DEVICE_ID]: "must be 1 to 64 characters without spaces",
  [TEE_TARGET]: "must be host:port",
};

const ID = { type: "integer", minimum: 1, maximum: 2_147_483_647 };
const ID_OR_NULL = { type: ["integer", "null"], minimum: 1, maximum: 2_147_483_647 };
const BOUND_INTEGER = { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 };
const TEXT = { type: "string", maxLength: 200 };
const TEXT_OR_NULL = { type: ["string", "null"], maxLength: 200 };

function entries(properties: Readonly<Record<string, unknown>>): object {
  const item = { type: "object", required: ["id"], additionalProperties: false, properties: { id: ID, ...properties } };
  return { type: "array", items: item };
}

const API_KEYS = {
  type: "array",
  maxItems: 100,
  items: {
    type: "object",
    additionalProperties: false,
    properties: { hash: { type: "string", pattern: HASH }, title: { type: "string", maxLength: KEY_TITLE } },
  },
};

const DOCUMENT = {
  type: "object",
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    dealers: entries({ device_limit: { type: ["integer", "null"], minimum: 1, maximum: 2_147_483_647 } }),
    tariffs: entries({ features: { type: "array", items: TEXT, maxItems: 100 }, has_reports: { type: "boolean" } }),
    users: entries({
      login: { type: "string", minLength: 1, maxLength: 200 },
      password: { type: ["string", "null"], minLength: 1, maxLength: 1_000 },
      time_zone: TEXT,
      dealer_id: ID_OR_NULL,
      api_keys: API_KEYS,
    }),
    employees: entries({ user_id: ID, first_name: TEXT, last_name: TEXT, tracker_id: ID_OR_NULL }),
    trackers: entries({
      user_id: ID,
      label: TEXT,
      group_id: BOUND_INTEGER,
      device_id: { type: "string", pattern: DEVICE_ID },
      model: TEXT_OR_NULL,
      protocol: TEXT_OR_NULL,
      blocked: { type: "boolean" },
      tariff_id: ID_OR_NULL,
      phone: TEXT_OR_NULL,
      password: TEXT_OR_NULL,
      profile: { type: "object" },
    }),
  },
} as const;
