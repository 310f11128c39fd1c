/** The Lua scripts as calls: EVALSHA, with the whole script whenever a Redis does not know it yet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TrackerId } from "../chat/message.ts";
import type { RedisConnection } from "./connection.ts";
import { trackerKeys, trackerOfHead } from "./keys.ts";
import { asArray, asBytes, asNumber, type Reply } from "./redis-reply.ts";

export type ScriptArgument = string | number | Buffer;

/** Keys of the scripts on one tracker. */
const TRACKER = trackerKeys(0).length;

/** Every script and how many keys it takes; the first of them decides the slot. */
const SCRIPTS = {
  submit: TRACKER,
  receive: TRACKER,
  recall: TRACKER,
  login: TRACKER,
  logout: TRACKER,
  passed: TRACKER,
  drain: TRACKER,
  list: TRACKER,
  find: TRACKER,
  "mark-read": TRACKER,
  "mark-all-read": TRACKER,
  outbox: TRACKER,
  "oldest-wait": TRACKER,
  expire: TRACKER,
  dead: TRACKER,
  retry: TRACKER,
  cancel: TRACKER,
  timeline: TRACKER,
  disown: TRACKER,
  erase: TRACKER,
  presence: TRACKER,
  roster: 6,
  "find-key": TRACKER,
  "open-broadcast": 5,
  "begin-broadcast": 2,
  "note-broadcast": 1,
  "cancel-broadcast": 1,
  "create-webhook": 2,
  "remove-webhook": 5,
  "finish-webhook": 5,
  "fail-webhook": 2,
  "replay-webhook": 5,
  "waiting-events": 2,
  "relayed-events": 2,
  "relay-events": 2,
  "listen-events": 2,
  "claim-key": 1,
  "take-ids": 2,
  "mark-pending": 2,
  "unmark-pending": 1,
  "index-dead": 1,
  "unindex-dead": 1,
  "renew-lease": 1,
  "live-nodes": 1,
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Scripts that may write events, and tell of them beside their reply (lua/parts/events.lua). */
const TELLING: ReadonlySet<ScriptName> = new Set([
  "submit",
  "receive",
  "login",
  "logout",
  "drain",
  "mark-read",
  "mark-all-read",
  "expire",
  "retry",
  "cancel",
  "presence",
]);

/** Events that a call wrote; `first` 0: some wait, but this call did not write them. */
export interface ToldEvents {
  readonly trackerId: TrackerId;
  readonly first: number;
  readonly packed: Buffer;
}

type Call = (...args: ScriptArgument[]) => Promise<Reply>;

export class Scripts {
  readonly #connection: RedisConnection;
  readonly #told: (events: ToldEvents) => void;

  /** Reads the scripts from `lua/` beside this file. */
  constructor(connection: RedisConnection, told: (events: ToldEvents) => void = () => undefined) {
    this.#connection = connection;
    this.#told = told;
    for (const [name, numberOfKeys] of Object.entries(SCRIPTS)) {
      connection.defineCommand(commandName(name), { lua: readScript(name), numberOfKeys });
    }
  }

  /** Strings come back as the bytes that they are. */
  async run(name: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<Reply> {
    // ioredis adds a method per command defined, and one with this ending that leaves replies undecoded.
    const call = Reflect.get(this.#connection, `${commandName(name)}Buffer`) as Call;
    const reply = await call.call(this.#connection, ...keys, ...args);
    return TELLING.has(name) ? this.#heard(keys[0] ?? "", asArray(reply)) : reply;
  }

  #heard(head: string, [reply = null, first, packed]: readonly Reply[]): Reply {
    const number = asNumber(first);
    if (number !== 0) this.#told({ trackerId: trackerOfHead(head), first: Math.max(0, number), packed: asBytes(packed) });
    return reply;
  }
}

/** One script with its parts (`--@include part`) in place; `#!lua` makes a cluster refuse keys of other slots. */
export function readScript(name: string): string {
  return read(`${name}.lua`).replace(/^--@include (.+)$/gm, (_, part: string) => read(join("parts", `${part}.lua`)));
}

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, "lua", file), "utf8");
}

function commandName(script: string): string {
  return `tracker-chat:${script}`;
}
