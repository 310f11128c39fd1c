/** The Lua scripts as calls: EVALSHA, with the whole script whenever a Redis does not know it yet. */
import type { TrackerId } from "../chat/message.ts";
import type { RedisConnection } from "./connection.ts";
import { trackerOfHead } from "./keys.ts";
import { readScript } from "./lua-script.ts";
import { asArray, asBytes, asNumber, type Reply } from "./redis-reply.ts";

export type ScriptArgument = string | number | Buffer;

/** Keys of the scripts on one tracker: the head alone. */
const TRACKER = 1;

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
  "remove-old": TRACKER,
  disown: TRACKER,
  clear: TRACKER,
  purge: TRACKER,
  erase: TRACKER,
  presence: TRACKER,
  roster: 7,
  "find-key": TRACKER,
  "open-broadcast": 6,
  "begin-broadcast": 2,
  "note-broadcast": 1,
  "cancel-broadcast": 1,
  "create-webhook": 3,
  "remove-webhook": 6,
  "finish-webhook": 4,
  "fail-webhook": 2,
  "replay-webhook": 6,
  "waiting-events": 2,
  "relayed-events": 2,
  "relay-events": 2,
  "listen-events": 2,
  "claim-key": 2,
  "take-ids": 3,
  "forget-ids": 2,
  "drop-ids": 2,
  "mark-pending": 2,
  "unmark-pending": 1,
  "index-dead": 1,
  "unindex-dead": 1,
  name: 1,
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
  "remove-old",
  "clear",
  "purge",
  "presence",
]);

/** Scripts after which somebody is told that something is so: an acknowledgement, an id, an owner. */
const PROMISING: ReadonlySet<ScriptName> = new Set([...TELLING, "take-ids", "claim-key", "disown", "erase"]);

/** Events that a call wrote; `first` 0: some wait, but this call did not write them. */
export interface ToldEvents {
  readonly trackerId: TrackerId;
  readonly first: number;
  readonly packed: Buffer;
}

type Call = (...args: ScriptArgument[]) => Promise<Reply>;

export interface ScriptsOptions {
  readonly told?: (events: ToldEvents) => void;
  /** So many replicas must have what a script promises; 0 or absent: none. */
  readonly replicas?: number;
}

export class Scripts {
  readonly #connection: RedisConnection;
  readonly #told: (events: ToldEvents) => void;
  readonly #replicas: number;

  /** Reads the scripts from `lua/` beside this file. */
  constructor(connection: RedisConnection, { told = () => undefined, replicas = 0 }: ScriptsOptions = {}) {
    this.#connection = connection;
    this.#told = told;
    this.#replicas = replicas;
    for (const [name, numberOfKeys] of Object.entries(SCRIPTS)) {
      connection.defineCommand(commandName(name), { lua: readScript(name), numberOfKeys });
    }
  }

  /** Strings come back as the bytes that they are. */
  async run(name: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<Reply> {
    const replicated = this.#replicas > 0 && PROMISING.has(name);
    const values = [...keys, ...args];
    const reply = await (replicated
      ? runReplicated(this.#connection, name, { values, replicas: this.#replicas })
      : runAlone(this.#connection, name, values));
    return TELLING.has(name) ? this.#heard(keys[0] ?? "", asArray(reply)) : reply;
  }

  #heard(head: string, [reply = null, first, packed]: readonly Reply[]): Reply {
    const number = asNumber(first);
    if (number !== 0) this.#told({ trackerId: trackerOfHead(head), first: Math.max(0, number), packed: asBytes(packed) });
    return reply;
  }
}

/** On a cluster it follows its slot wherever that is. */
function runAlone(connection: RedisConnection, name: ScriptName, values: readonly ScriptArgument[]): Promise<Reply> {
  return callOn(connection, name).call(connection, ...values);
}

/** With WAIT behind it on the same connection; rejects when too few replicas have it in time, though it may be stored. */
async function runReplicated(
  connection: RedisConnection,
  name: ScriptName,
  { values, replicas }: { readonly values: readonly ScriptArgument[]; readonly replicas: number },
): Promise<Reply> {
  const together = async (): Promise<readonly [Error | null, Reply, number]> => {
    const pipeline = connection.pipeline();
    void callOn(pipeline, name).call(pipeline, ...values);
    const [script, wait] = (await pipeline.wait(replicas, WAIT_MS).exec()) ?? [];
    return [script?.[0] ?? null, (script?.[1] ?? null) as Reply, Number(wait?.[1] ?? 0)];
  };
  let [error, reply, having] = await together();
  if (error !== null && REDIRECTED.test(error.message)) {
    // A pipeline does not follow a slot that moved (see connection.ts); alone it does, and is safe to send twice.
    await runAlone(connection, name, values);
    [error, reply, having] = await together();
  }
  if (error !== null) throw error;
  if (having < replicas) throw new Error(`${having} of ${replicas} replicas have it after ${WAIT_MS} ms`);
  return reply;
}

/** What else is on the connection waits as well. */
const WAIT_MS = 500;
const REDIRECTED = /^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /;

/** ioredis adds a method per command defined, and one with this ending that leaves replies undecoded. */
function callOn(sender: object, name: ScriptName): Call {
  return Reflect.get(sender, METHODS[name]) as Call;
}

function commandName(script: string): string {
  return `tracker-chat:${script}`;
}

const METHODS = Object.fromEntries(Object.keys(SCRIPTS).map((name) => [name, `${commandName(name)}Buffer`])) as Readonly<
  Record<ScriptName, string>
>;
