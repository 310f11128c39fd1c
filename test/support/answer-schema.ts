/** Checks answers against the OpenAPI document of the server that gave them. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { OpenApi, Operation } from "../../src/http/openapi-types.ts";

export interface Answered {
  readonly method: string;
  /** With its prefix and query. */
  readonly url: string;
  readonly status: number;
  readonly body: unknown;
}

type Check = (answered: Answered) => void;

/** Compiled schemas are kept: most servers of a test file have the same document. */
const known = new Map<string, Check>();

/** Gives a check that fails when an answer is not one that the document tells of. */
export function answerCheck(document: OpenApi): Check {
  const text = JSON.stringify(document);
  const check = known.get(text) ?? makeCheck(document);
  known.set(text, check);
  return check;
}

function makeCheck(document: OpenApi): Check {
  const ajv = new Ajv2020({ allErrors: true, strict: false, formats: { int32: true, password: true } });
  ajv.addSchema(document, "document");
  const checks = new Map<string, (body: unknown) => readonly unknown[]>();
  const checkAt = (pointer: string): ((body: unknown) => readonly unknown[]) => {
    const validate = ajv.compile({ $ref: `document#${pointer}` });
    return (body) => (validate(body) ? [] : (validate.errors ?? []));
  };
  return ({ method, url, status, body }) => {
    const pointer = pointerOf(document, { method: method.toLowerCase(), path: pathOf(url), status });
    const check = checks.get(pointer) ?? checkAt(pointer);
    checks.set(pointer, check);
    expect(check(body), `${method} ${url} ${status} ${JSON.stringify(body).slice(0, 500)}`).toEqual([]);
  };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Where the schema of an answer stands; what no operation answers must be a failure as such. */
function pointerOf({ paths }: OpenApi, { method, path, status }: Asked): string {
  const [template, operations] = Object.entries(paths).find(([one]) => matches(one, path)) ?? ["", {}];
  const operation: Operation | undefined = operations[method];
  if (operation === undefined) return "/components/schemas/Failure";
  const key = [String(status), "default"].find((one) => operation.responses[one] !== undefined);
  if (key === undefined) throw new Error(`${method} ${path} answered ${status}, which the document does not tell of`);
  const steps = ["paths", template, method, "responses", key, "content", "application/json", "schema"];
  return steps.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D")}`).join("");
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(path);
}

function pathOf(url: string): string {
  return url
    .replace(/[?;#].*$/s, "")
    .replace(/\/{2,}/g, "/")
    .replace(/^\/(?:v2|api-v2)(?=\/)/, "")
    .replace(/(?<=.)\/$/, "");
}
