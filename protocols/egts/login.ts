/** Who a device says it is: TERM_IDENTITY, DISPATCHER_IDENTITY, or only the object that its records name. */
import type { Introduction } from "./inbound.ts";
import type { ServiceRecord } from "./records.ts";

export interface Login {
  readonly type: "terminal" | "dispatcher" | "object";
  readonly key: string;
}

export interface Greeting {
  /** Null: a terminal that does not say who it is. */
  readonly login: Login | null;
  /** TID of a terminal. */
  readonly id: number | null;
  readonly bufferBytes: number | null;
  /** Of AUTH_INFO; null: none was said. */
  readonly password: string | null;
}

interface Said {
  readonly packet: { readonly records: readonly ServiceRecord[] };
  readonly introductions: readonly Introduction[];
}

/** `pending`: who asked to log in before and was asked for a password. Null: nobody introduces himself. */
export function greetingOf({ packet, introductions }: Said, pending: Login | null): Greeting | null {
  let password: string | null = null;
  let greeting: Greeting | null = null;
  for (const one of introductions) {
    if (one.type === "password") password = one.password;
    else greeting = introduced(one);
  }
  if (greeting !== null) return { ...greeting, password };
  if (pending?.type === "terminal") return password === null ? null : { ...NOBODY, login: pending, password };
  const object = packet.records.find((record) => record.object !== null)?.object ?? null;
  return object === null ? null : { ...NOBODY, login: { type: "object", key: String(object) } };
}

/** A unit that sent its object's number first may introduce itself later: by convention that number is its TID. */
export function sameUnit({ login, id }: Greeting, known: Login | null): boolean {
  if (login === null || known === null) return false;
  return login.key === known.key || (known.type === "object" && id !== null && String(id) === known.key);
}

function introduced(one: Exclude<Introduction, { type: "password" }>): Greeting {
  // No device id of the fleet has a blank in it: such a link is always refused, and shows among the unknown devices.
  if (one.type === "dispatcher") return { ...NOBODY, login: { type: "dispatcher", key: `dispatcher ${one.id}` } };
  const { id, key, bufferBytes } = one.terminal;
  return { ...NOBODY, login: key === null ? null : { type: "terminal", key }, id, bufferBytes };
}

const NOBODY: Greeting = { login: null, id: null, bufferBytes: null, password: null };
