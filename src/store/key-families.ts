/**
 * Every family of keys, each on one line, and with what its keys go. A test demands that each key in Redis is of one of them, and that
 * nothing in any of them names a tracker or an account that was deleted.
 */
import type { UserId } from "../chat/fleet.ts";
import { trackerKeys } from "./keys.ts";

export interface KeyFamily {
  /** The key, with `<user>`, `<tracker>` and the like where an id stands. */
  readonly name: string;
  /**
   * `tracker`: erased with its tracker; `account`: with its account; `session`: when it ends or its account goes; `node`: when its process
   * is gone; `fleet`, `shared`: what is in it goes by itself or with what it names.
   */
  readonly goesWith: "tracker" | "account" | "session" | "node" | "fleet" | "shared";
  /** Of an account that has many keys of this family: the sorted set that lists what stands for `<name>` or `<id>`. */
  readonly listedIn?: string;
}

/** Of the keys of a tracker those that are prefixes: of its buckets and their timelines. */
const BUCKETS = /:[bl]$/;

export const KEY_FAMILIES: readonly KeyFamily[] = [
  ...trackerKeys(0).map(ofTracker),
  { name: "ev:{u<user>}", goesWith: "account" },
  { name: "ev:{u<user>}:m", goesWith: "account" },
  { name: "{u<user>}:k:<name>", goesWith: "account", listedIn: "{u<user>}:k" },
  { name: "{u<user>}:k", goesWith: "account" },
  { name: "bc:{u<user>}:<id>", goesWith: "account", listedIn: "bc:{u<user>}" },
  { name: "bc:{u<user>}", goesWith: "account" },
  { name: "bc:{u<user>}:p", goesWith: "account" },
  { name: "bc:{u<user>}:k:<name>", goesWith: "account", listedIn: "bc:{u<user>}:k" },
  { name: "bc:{u<user>}:k", goesWith: "account" },
  { name: "wh:{u<user>}", goesWith: "account" },
  { name: "wh:{u<user>}:ids", goesWith: "account" },
  ...["", ":r", ":d", ":b"].map(ofWebhook),
  { name: "sessions:{u<user>}", goesWith: "session" },
  { name: "session:<name>", goesWith: "session" },
  { name: "ev:node:{<node>}", goesWith: "node" },
  { name: "bull:{gw-<node>}:<name>", goesWith: "node" },
  { name: "{mail}:<name>", goesWith: "node" },
  { name: "{f}:<name>", goesWith: "fleet" },
  { name: "{ids}", goesWith: "shared" },
  { name: "{ids}:i:<block>", goesWith: "shared" },
  { name: "{ids}:bc", goesWith: "shared" },
  { name: "{ids}:wh", goesWith: "shared" },
  { name: "{ids}:h", goesWith: "shared" },
  { name: "{ids}:old", goesWith: "shared" },
  { name: "pend:{p<shard>}", goesWith: "shared" },
  { name: "pend:{p<shard>}:n", goesWith: "shared" },
  { name: "ev:nodes", goesWith: "shared" },
  { name: "wh:accounts", goesWith: "shared" },
  { name: "bull:{webhooks}:<name>", goesWith: "shared" },
  { name: "dead", goesWith: "shared" },
  { name: "nodes", goesWith: "shared" },
  { name: "health", goesWith: "shared" },
  { name: "schema", goesWith: "shared" },
];

/** The keys that an account always has under the same names, and where its others are listed. */
export function accountKeys(user: UserId): {
  readonly fixed: readonly string[];
  readonly listed: readonly { readonly list: string; key(name: string): string }[];
} {
  const named = (pattern: string): string => pattern.replace("<user>", String(user));
  const families = KEY_FAMILIES.filter(({ goesWith }) => goesWith === "account");
  return {
    fixed: families.flatMap(({ name, listedIn }) => (listedIn === undefined ? [named(name)] : [])),
    listed: families.flatMap(({ name, listedIn }) =>
      listedIn === undefined ? [] : [{ list: named(listedIn), key: (own: string) => named(name).replace(/<(?:name|id)>/, own) }],
    ),
  };
}

function ofWebhook(name: string): KeyFamily {
  return { name: `wh:{u<user>}:<id>${name}`, goesWith: "account", listedIn: "wh:{u<user>}:ids" };
}

function ofTracker(key: string): KeyFamily {
  const name = key.replace("{t0}", "{t<tracker>}");
  return { name: BUCKETS.test(key) ? `${name}<bucket>` : name, goesWith: "tracker" };
}
