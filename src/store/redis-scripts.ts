/** The Lua scripts as calls: EVALSHA, with the whole script whenever a Redis does not know it yet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RedisConnection } from "./connection.ts";
import type { Reply } from "./redis-reply.ts";

export type ScriptArgument = string | number | Buffer;

/** Keys of the scripts on one tracker. */
const TRACKER = 14;

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
  expire: TRACKER,
  dead: TRACKER,
  retry: TRACKER,
  cancel: TRACKER,
  timeline: TRACKER,
  disown: TRACKER,
  erase: TRACKER,
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

type Call = (...args: ScriptArgument[]) => Promise<Reply>;

export class Scripts {
  readonly #connection: RedisConnection;

  /** Reads the scripts from `lua/` beside this file. */
  constructor(connection: RedisConnection) {
    this.#connection = connection;
    for (const [name, numberOfKeys] of Object.entries(SCRIPTS)) {
      connection.defineCommand(commandName(name), { lua: readScript(name), numberOfKeys });
    }
  }

  /** Strings come back as the bytes that they are. */
  run(name: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<Reply> {
    // ioredis adds a method per command defined, and one with this ending that leaves replies undecoded.
    const call = Reflect.get(this.#connection, `${commandName(name)}Buffer`) as Call;
    return call.call(this.#connection, ...keys, ...args);
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
