/** The kinds of values that parameters have: a JSON Schema for the documentation, and how leniently one is read. */
import { PRINTABLE } from "../chat/accounts.ts";
import { type ChatText, isChatText, TEXT_CHARACTERS, textProblem } from "../chat/chat-text.ts";
import type { Instant } from "../chat/message.ts";
import { HOOK_KINDS, type HookKind } from "../chat/webhook.ts";
import { CHOICES, choicesProblem } from "../chat/wishes.ts";
import type { Calendar, Edge, TimeStyle } from "./calendar.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

export type Reading<T> = { readonly type: "value"; readonly value: T } | { readonly type: "problem"; readonly problem: string };

/** What reading needs beyond the value: times are in the user's zone. */
export interface ReadingContext {
  readonly calendar: Calendar;
  readonly style: TimeStyle;
}

export interface Kind<T> {
  readonly schema: JsonSchema;
  read(sent: unknown, context: ReadingContext): Reading<T>;
}

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** What a client makes up to recognise its own calls. */
const KEY = /^[\x20-\x7e]{1,128}$/;
const KEY_NAME = /^(?:[0-9A-Fa-f]{32}){1,2}$/;
const DECIMAL = /^-?\d{1,16}$/;

/** An id: a signed 32-bit integer, or its plain decimal text. */
export const id: Kind<number> = {
  schema: { type: "integer", format: "int32" },
  read: (sent) => valueOr(toInt(sent), "must be a 32-bit integer"),
};

export function intBetween(min: number, max: number): Kind<number> {
  return {
    schema: { type: "integer", format: "int32", minimum: min, maximum: max },
    read: (sent) => {
      const int = toInt(sent);
      return valueOr(int !== null && int >= min && int <= max ? int : null, `must be an integer from ${min} to ${max}`);
    },
  };
}

/** A list of ids, or a text that holds it as JSON; never empty. */
export const ids: Kind<readonly number[]> = {
  schema: { type: "array", items: id.schema, minItems: 1 },
  read: (sent) => {
    const list = typeof sent === "string" ? parseJson(sent) : sent;
    if (!Array.isArray(list)) return problem("must be an array of 32-bit integers");
    if (list.length === 0) return problem("must not be empty");
    const ints = list.map(toInt);
    return ints.every((int) => int !== null) ? value(ints) : problem("must be an array of 32-bit integers");
  },
};

export const flag: Kind<boolean> = {
  schema: { type: "boolean" },
  read: (sent) => {
    if (sent === true || sent === "true") return value(true);
    return sent === false || sent === "false" ? value(false) : problem("must be true or false");
  },
};

/** The text of a message. */
export const chatText: Kind<ChatText> = {
  schema: { type: "string", minLength: 1, maxLength: TEXT_CHARACTERS },
  read: (sent) => {
    if (typeof sent !== "string") return problem("must be a text");
    return isChatText(sent) ? value(sent) : problem(textProblem(sent) ?? "must be a text");
  },
};

/** A text of so many characters, none of them a control character. */
export function printable(most: number): Kind<string> {
  return {
    schema: { type: "string", minLength: 1, maxLength: most, pattern: PRINTABLE.source },
    read: (sent) => {
      const fits = typeof sent === "string" && [...sent].length <= most && PRINTABLE.test(sent);
      return valueOr(fits ? sent : null, `must be 1 to ${most} printable characters`);
    },
  };
}

/** A password: anything that can be typed. */
export function secret(most: number): Kind<string> {
  return {
    schema: { type: "string", minLength: 1, maxLength: most, format: "password" },
    read: (sent) =>
      valueOr(typeof sent === "string" && sent !== "" && [...sent].length <= most ? sent : null, `must be 1 to ${most} characters`),
  };
}

/** What a webhook is told of: a list of names, or a text that holds it as JSON. */
export const hookKinds: Kind<readonly HookKind[]> = {
  schema: { type: "array", items: { enum: HOOK_KINDS }, minItems: 1 },
  read: (sent) => {
    const list = typeof sent === "string" ? parseJson(sent) : sent;
    const kinds = Array.isArray(list) ? HOOK_KINDS.filter((kind) => list.includes(kind)) : [];
    const isKnown = Array.isArray(list) && list.length > 0 && new Set(list).size === kinds.length;
    return valueOr(isKnown ? kinds : null, `must be an array of some of ${HOOK_KINDS.join(", ")}`);
  },
};

/** An API key, or what stands for it in a list. */
export const keyName: Kind<string> = {
  schema: { type: "string", pattern: KEY_NAME.source },
  read: (sent) => valueOr(typeof sent === "string" && KEY_NAME.test(sent) ? sent : null, "must be an API key (32 hex digits) or its id"),
};

/** A list of texts, or a text that holds it as JSON; never empty, each once. */
export function printables(many: number, most: number): Kind<readonly string[]> {
  const one = printable(most);
  return {
    schema: { type: "array", items: one.schema, minItems: 1, maxItems: many, uniqueItems: true },
    read: (sent, context) => {
      const list = typeof sent === "string" ? parseJson(sent) : sent;
      const fits = Array.isArray(list) && list.length >= 1 && list.length <= many && new Set(list).size === list.length;
      if (!fits || list.some((text) => one.read(text, context).type === "problem"))
        return problem(`must be an array of 1 to ${many} different texts of 1 to ${most} printable characters`);
      return value(list);
    },
  };
}

/** A name that a client gives to a call. */
export const idempotencyKey: Kind<string> = {
  schema: { type: "string", minLength: 1, maxLength: 128, pattern: "^[ -~]+$" },
  read: (sent) => valueOr(typeof sent === "string" && KEY.test(sent) ? sent : null, "must be 1 to 128 printable ASCII characters"),
};

/** Answers to choose from: a list of texts, or a text that holds it as JSON. */
export const choices: Kind<readonly string[]> = {
  schema: {
    type: "array",
    items: { type: "string", minLength: 1, maxLength: CHOICES.characters },
    minItems: CHOICES.fewest,
    maxItems: CHOICES.most,
    uniqueItems: true,
  },
  read: (sent) => {
    const list = typeof sent === "string" ? parseJson(sent) : sent;
    if (!Array.isArray(list) || !list.every((choice) => typeof choice === "string")) return problem("must be an array of texts");
    const wrong = choicesProblem(list);
    return wrong === null ? value(list) : problem(wrong);
  },
};

export function time(edge: Edge): Kind<Instant> {
  return {
    schema: { type: "string", description: "yyyy-MM-dd HH:mm:ss in the user's time zone; ISO 8601 too with iso_datetime" },
    read: (sent, { calendar, style }) => {
      const instant = typeof sent === "string" ? calendar.parse(sent, style, edge) : null;
      return valueOr(
        instant,
        style.iso ? "must be an existing date and time, ISO 8601" : "must be an existing date and time, yyyy-MM-dd HH:mm:ss",
      );
    },
  };
}

function toInt(sent: unknown): number | null {
  const int = typeof sent === "string" && DECIMAL.test(sent) ? Number(sent) : sent;
  if (typeof int !== "number" || !Number.isInteger(int) || int < INT32.min || int > INT32.max) return null;
  return int === 0 ? 0 : int;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function value<T>(it: T): Reading<T> {
  return { type: "value", value: it };
}

function problem(text: string): { readonly type: "problem"; readonly problem: string } {
  return { type: "problem", problem: text };
}

function valueOr<T>(it: T | null, otherwise: string): Reading<T> {
  return it === null ? problem(otherwise) : value(it);
}
