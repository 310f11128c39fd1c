/** What is kept of an account beside its trackers: what its idempotency keys stand for, and its stream of events. */
import type { UserId } from "../chat/fleet.ts";
import { IDEMPOTENCY_MS } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { accountKeys } from "./key-families.ts";
import { idempotencyKeys, idempotencyName, WEBHOOK_ACCOUNTS } from "./keys.ts";
import { asText } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

/** Keys unlinked at once. */
const KEYS_AT_ONCE = 500;

/** Notes what an idempotency key stands for. */
export async function claimKey(
  scripts: Scripts,
  { userId, key }: { readonly userId: UserId; readonly key: string },
  bodyDigest: string,
): Promise<"new" | "same" | "other"> {
  const name = idempotencyName(key);
  const known = asText(await scripts.run("claim-key", idempotencyKeys(userId, name), [bodyDigest, IDEMPOTENCY_MS, name]));
  if (known === "") return "new";
  return known === bodyDigest ? "same" : "other";
}

/** Deletes every key of the account. What is listed goes before its list, so that a call that broke off can be repeated. */
export async function forgetAccount(connection: RedisConnection, userId: UserId): Promise<void> {
  const { fixed, listed } = accountKeys(userId);
  for (const { list, key } of listed) {
    const names = await connection.zrange(list, "0", "-1");
    for (let at = 0; at < names.length; at += KEYS_AT_ONCE) {
      // In a cluster one command may touch one slot only.
      await Promise.all(names.slice(at, at + KEYS_AT_ONCE).map((name) => connection.unlink(key(name))));
    }
  }
  await Promise.all(fixed.map((key) => connection.unlink(key)));
  await connection.srem(WEBHOOK_ACCOUNTS, String(userId));
}
