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
  // Whoever comes first: what a dispatcher forwards may introduce its units.
  let greeting: Greeting | null = null;
  for (const one of introductions) {
    if (one.type === "password") password = one.password;
    else greeting ??= introduced(one);
  }
  if (greeting !== null) return { ...greeting, password };
  if (pending !== null && pending.type !== "object") return password === null ? null : { ...NOBODY, login: pending, password };
  const object = packet.records.find((record) => record.object !== null)?.object ?? null;
  return object === null ? null : { ...NOBODY, login: { type: "object", key: String(object) } };
}

/** Nobody else introduces himself than whose line it is; what a dispatcher forwards may introduce its units. */
export function belongs(greeting: Greeting | null, known: Login | null): boolean {
  const login = greeting?.login ?? null;
  if (greeting === null || login?.type === "object") return true;
  if (known?.type === "dispatcher") return login?.type !== "dispatcher" || login.key === known.key;
  return sameUnit(greeting, known);
}

/** A unit that sent its object's number first may introduce itself later: by convention that number is its TID. */
function sameUnit({ login, id }: Greeting, known: Login | null): boolean {
  if (login === null || known === null) return false;
  return login.key === known.key || (known.type === "object" && id !== null && String(id) === known.key);
}

function introduced(one: Exclude<Introduction, { type: "password" }>): Greeting {
  // A DID is no OID: links have device ids of their own.
  if (one.type === "dispatcher") return { ...NOBODY, login: { type: "dispatcher", key: `dispatcher-${one.id}` } };
  const { id, key, bufferBytes } = one.terminal;
  return { ...NOBODY, login: key === null ? null : { type: "terminal", key }, id, bufferBytes };
}

const NOBODY: Greeting = { login: null, id: null, bufferBytes: null, password: null };
