/**
 * Transcripts: one captured or specified conversation of a device with the gateway, as text that people edit.
 * Headers (`key: value`), a blank line, then one step a line; `#` starts a comment. See fixtures/README.md.
 */

/** Bytes to match: null stands for any byte (`??`). */
export type Pattern = readonly (number | null)[];

/** Device id of one of the `units`; null: the device that the transcript is about. */
interface Whose {
  readonly unit: string | null;
}

export type Step = { readonly line: number } & (
  | { readonly type: "up"; readonly bytes: Buffer }
  | { readonly type: "down"; readonly pattern: Pattern }
  | (Whose & { readonly type: "send"; readonly text: string; readonly urgent: boolean; readonly choices: readonly string[] | null })
  | (Whose & { readonly type: "cancel"; readonly text: string })
  | (Whose & { readonly type: "text"; readonly text: string; readonly answers: string | null })
  | (Whose & { readonly type: "read"; readonly text: string })
  | (Whose & { readonly type: "settled"; readonly outcome: string; readonly reason: string | null })
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "note"; readonly kind: string }
  | { readonly type: "closed"; readonly reason: string }
  | { readonly type: "connect" }
  | { readonly type: "store"; readonly up: boolean }
);

/** Another tracker of the fleet, on the same line. */
export interface TranscriptUnit {
  readonly deviceId: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly password: string | null;
  /** It belongs to another account. */
  readonly foreign: boolean;
}

export interface Transcript {
  readonly title: string;
  readonly protocol: string;
  readonly deviceId: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly password: string | null;
  readonly units: readonly TranscriptUnit[];
  /** False: the outcome depends on which of two bytes' worth of time comes first, which only virtual time decides. */
  readonly live: boolean;
  readonly steps: readonly Step[];
}

/** The text is not a transcript; `message` names the line and what was expected. */
export class TranscriptError extends Error {
  readonly code = "transcript";
}

export function parseTranscript(source: string): Transcript {
  const headers = new Map<string, string>();
  const steps: Step[] = [];
  let inHeaders = true;
  for (const [index, raw] of source.split("\n").entries()) {
    const line = raw.trim();
    if (line.startsWith("#")) continue;
    if (line === "") inHeaders = inHeaders && headers.size === 0;
    else if (inHeaders) header(line, index + 1, headers);
    else steps.push(parseStep(line, index + 1));
  }
  return {
    title: required(headers, "title"),
    protocol: required(headers, "protocol"),
    deviceId: headers.get("device-id") ?? "",
    profile: object(headers.get("profile") ?? "{}"),
    password: headers.get("password") ?? null,
    units: unitsOf(headers.get("units")),
    live: headers.get("live") !== "no",
    steps,
  };
}

/** Does `bytes` start with the pattern? */
export function startsWith(bytes: Buffer, pattern: Pattern): boolean {
  return bytes.length >= pattern.length && pattern.every((byte, index) => byte === null || byte === bytes[index]);
}

function header(line: string, number: number, headers: Map<string, string>): void {
  const colon = line.indexOf(":");
  if (colon === -1) throw new TranscriptError(`line ${number}: expected "key: value", got ${line}`);
  headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
}

function required(headers: ReadonlyMap<string, string>, key: string): string {
  const value = headers.get(key);
  if (value === undefined) throw new TranscriptError(`header "${key}" is missing`);
  return value;
}

function object(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TranscriptError(`profile is not an object: ${json}`);
  return value as Readonly<Record<string, unknown>>;
}

/** `{"6": {}, "7": {"password": "x", "profile": {}, "foreign": true}}` */
function unitsOf(json: string | undefined): readonly TranscriptUnit[] {
  return Object.entries(object(json ?? "{}")).map(([deviceId, fields]) => {
    const { profile = {}, password = null, foreign = false } = fields as Partial<TranscriptUnit>;
    return { deviceId, profile, password, foreign };
  });
}

function parseStep(text: string, line: number): Step {
  const space = text.indexOf(" ");
  const verb = space === -1 ? text : text.slice(0, space);
  const rest = space === -1 ? "" : text.slice(space + 1).trim();
  const parse = STEPS.get(verb);
  if (parse === undefined) throw new TranscriptError(`line ${line}: unknown step "${verb}"`);
  try {
    return { line, ...parse(rest) } as Step;
  } catch (error) {
    throw new TranscriptError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Body = Record<string, unknown> & { readonly type: Step["type"] };

const STEPS: ReadonlyMap<string, (rest: string) => Body> = new Map<string, (rest: string) => Body>([
  [">", (rest) => ({ type: "up", bytes: exactBytes(rest) })],
  ["<", (rest) => ({ type: "down", pattern: bytePattern(rest) })],
  ["send", ofUnit((rest) => ({ type: "send", ...sendBody(rest), urgent: false }))],
  ["send!", ofUnit((rest) => ({ type: "send", ...sendBody(rest), urgent: true }))],
  ["cancel", ofUnit((rest) => ({ type: "cancel", text: string(rest) }))],
  ["text", ofUnit((rest) => ({ type: "text", ...textBody(rest) }))],
  ["read", ofUnit((rest) => ({ type: "read", text: string(rest) }))],
  [
    "settled",
    ofUnit((rest) => ({
      type: "settled",
      outcome: rest.split(" ")[0],
      reason: rest.includes(" ") ? rest.slice(rest.indexOf(" ") + 1) : null,
    })),
  ],
  ["wait", (rest) => ({ type: "wait", ms: duration(rest) })],
  ["note", (rest) => ({ type: "note", kind: rest })],
  ["closed", (rest) => ({ type: "closed", reason: rest })],
  ["connect", () => ({ type: "connect" })],
  ["store", (rest) => ({ type: "store", up: rest === "up" })],
]);

/** `@6 ...` is about the unit with that device id. */
function ofUnit(parse: (rest: string) => Body): (rest: string) => Body {
  return (whole) => {
    const match = /^@(\S+)\s(.*)$/u.exec(whole);
    return { ...parse(match?.[2]?.trimStart() ?? whole), unit: match?.[1] ?? null };
  };
}

/** `"text"`, or `"text" ["yes", "no"]` for a question with choices. */
function sendBody(rest: string): { readonly text: string; readonly choices: readonly string[] | null } {
  const match = /^("(?:[^"\\]|\\.)*")\s*(\[.*\])?$/u.exec(rest);
  if (match?.[1] === undefined) throw new TranscriptError(`expected a JSON string, got ${rest}`);
  return { text: string(match[1]), choices: match[2] === undefined ? null : (JSON.parse(match[2]) as string[]) };
}

/** `"text"`, or `"text" answers "text"`. */
function textBody(rest: string): { readonly text: string; readonly answers: string | null } {
  const match = /^("(?:[^"\\]|\\.)*")(?:\s+answers\s+(".*"))?$/u.exec(rest);
  if (match?.[1] === undefined) throw new TranscriptError(`expected a JSON string, got ${rest}`);
  return { text: string(match[1]), answers: match[2] === undefined ? null : string(match[2]) };
}

function string(json: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "string") throw new TranscriptError(`expected a JSON string, got ${json}`);
  return value;
}

function bytePattern(rest: string): Pattern {
  if (rest.startsWith('"')) return [...Buffer.from(string(rest), "utf8")];
  const compact = rest.replaceAll(/\s+/gu, "");
  if (!/^(?:[0-9a-f]{2}|\?\?)*$/iu.test(compact)) throw new TranscriptError(`expected hex or a JSON string, got ${rest}`);
  const bytes: (number | null)[] = [];
  for (let at = 0; at < compact.length; at += 2) bytes.push(compact[at] === "?" ? null : Number.parseInt(compact.slice(at, at + 2), 16));
  return bytes;
}

function exactBytes(rest: string): Buffer {
  const bytes = bytePattern(rest);
  if (bytes.includes(null)) throw new TranscriptError("a device's bytes cannot have ?? in them");
  return Buffer.from(bytes as number[]);
}

function duration(rest: string): number {
  const match = /^(\d+)(ms|s|m)$/u.exec(rest);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? ""];
  if (match?.[1] === undefined || unit === undefined) throw new TranscriptError(`expected a duration such as 15s, got ${rest}`);
  return Number(match[1]) * unit;
}
