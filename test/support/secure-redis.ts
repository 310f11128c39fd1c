/** A Redis over TLS with the user that docs/security.md describes, and what that user may do according to the page. */
import { readFileSync } from "node:fs";
import type { RedisPlace } from "../../src/store/connection.ts";
import { TestAuthority } from "./certificates.ts";
import { freePort } from "./product.ts";
import { startRedis, type TestRedis } from "./redis.ts";

export interface SecureRedis {
  /** The server itself, without TLS and as its administrator. */
  readonly redis: TestRedis;
  /** As the product's user, over TLS. */
  readonly place: RedisPlace;
  readonly url: string;
  readonly authority: TestAuthority;
  stop(): Promise<void>;
}

const PASSWORD = "a-password-for-tests";

/** The rules of the page's user, word by word. */
function documentedRules(cluster: boolean): readonly string[] {
  const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```acl\n([^`]*)```$/gm)].map(([, block = ""]) => block);
  const [line = "", more = ""] = blocks;
  const words = `${line} ${cluster ? more : ""}`.replaceAll("\\\n", " ").split(/\s+/);
  const [command, subcommand, user, ...rules] = words.filter((word) => word !== "");
  if (`${command} ${subcommand} ${user}` !== "ACL SETUSER tracker-chat") throw new Error("docs/security.md shows no user");
  return rules;
}

/** Commands that the page lets the user send: `get`, `client|setname`. */
export function documentedCommands(cluster = false): ReadonlySet<string> {
  return new Set(documentedRules(cluster).flatMap((rule) => (rule.startsWith("+") ? [rule.slice(1)] : [])));
}

export async function startSecureRedis(options: { readonly cluster?: boolean } = {}): Promise<SecureRedis> {
  const authority = new TestAuthority();
  const { cert, key } = authority.server("redis");
  const tlsPort = await freePort();
  const tls = ["--tls-port", String(tlsPort), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", authority.file];
  const clustered = options.cluster ? ["--tls-cluster", "yes"] : [];
  const settings = [...tls, "--tls-auth-clients", "no", ...clustered];
  const redis = await startRedis({ cluster: options.cluster ?? false, settings });
  const rules = documentedRules(options.cluster ?? false).map((rule) => (rule.startsWith(">") ? `>${PASSWORD}` : rule));
  await redis.command("ACL", "SETUSER", "tracker-chat", ...rules);
  // Redis 7.0 has no such command, and refuses to hear of it.
  await redis.command("ACL", "SETUSER", "tracker-chat", "+client|setinfo").catch(() => undefined);
  const url = `rediss://tracker-chat:${PASSWORD}@127.0.0.1:${tlsPort}`;
  const ca = authority.ca;
  return {
    redis,
    url,
    authority,
    place: options.cluster ? { type: "cluster", urls: [url], ca } : { type: "url", url, ca },
    stop: async () => {
      await redis.stop();
      authority.remove();
    },
  };
}

/** What the user was denied since the last look: `command get`, `key foo`. */
export async function denials({ redis }: SecureRedis): Promise<readonly string[]> {
  const entries = (await redis.command("ACL", "LOG")) as readonly (readonly unknown[])[];
  await redis.command("ACL", "LOG", "RESET");
  return entries.map((entry) => {
    const field = (name: string): unknown => entry[entry.indexOf(name) + 1];
    return `${field("reason")} ${field("object")}`;
  });
}

/** Every command that the server has been sent, or that a script of it has called, since it was asked to forget. */
export async function sentCommands({ redis }: SecureRedis): Promise<ReadonlySet<string>> {
  const text = String(await redis.command("INFO", "commandstats"));
  return new Set([...text.matchAll(/^cmdstat_([^:]+):calls=([1-9]\d*)/gm)].map(([, name = ""]) => name));
}
