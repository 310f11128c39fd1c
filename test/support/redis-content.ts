/** Everything that is in a Redis, as bytes: to show that something is not there any more. */
import { Redis } from "ioredis";
import { KEY_FAMILIES } from "../../src/store/key-families.ts";

/** A key with all that is in it: members, fields, values, scores. */
export interface KeyContent {
  readonly key: string;
  /** Of the list in key-families.ts; several or none are a mistake. */
  readonly families: readonly string[];
  readonly bytes: Buffer;
}

/** Reads all of it; for tests' small ones. */
export async function contentOf(url: string): Promise<readonly KeyContent[]> {
  const client = new Redis(url);
  try {
    const keys = await client.keys("*");
    return await Promise.all(
      keys.sort().map(async (key) => {
        const bytes = flatten(await client.callBuffer(...(await reading(client, key))));
        return { key, families: familiesOf(key), bytes: Buffer.concat([Buffer.from(`${key}\n`), bytes]) };
      }),
    );
  } finally {
    client.disconnect();
  }
}

/** The keys in which any of these is found; a number also as four bytes, as packed values have it. */
export function keysNaming(content: readonly KeyContent[], needles: readonly (string | number)[]): readonly string[] {
  const wanted = needles.flatMap((needle) =>
    typeof needle === "number" ? [Buffer.from(String(needle)), packed(needle)] : [Buffer.from(needle)],
  );
  return content.filter(({ bytes }) => wanted.some((needle) => bytes.includes(needle))).map(({ key }) => key);
}

async function reading(client: Redis, key: string): Promise<[string, ...string[]]> {
  const type = await client.type(key);
  if (type === "string") return ["GET", key];
  if (type === "hash") return ["HGETALL", key];
  if (type === "set") return ["SMEMBERS", key];
  if (type === "zset") return ["ZRANGE", key, "0", "-1", "WITHSCORES"];
  if (type === "list") return ["LRANGE", key, "0", "-1"];
  if (type === "stream") return ["XRANGE", key, "-", "+"];
  // It went meanwhile.
  if (type === "none") return ["GET", key];
  throw new Error(`${key} is a ${type}`);
}

function flatten(reply: unknown): Buffer {
  if (reply === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(reply)) return reply;
  if (Array.isArray(reply)) return Buffer.concat(reply.flatMap((part) => [flatten(part), Buffer.from("\n")]));
  return Buffer.from(String(reply));
}

function packed(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(id);
  return bytes;
}

function familiesOf(key: string): readonly string[] {
  return PATTERNS.filter(([, pattern]) => pattern.test(key)).map(([name]) => name);
}

const PATTERNS = KEY_FAMILIES.map(({ name }) => {
  const escaped = name.replaceAll(/[{}.*+?^$|()[\]\\]/g, "\\$&");
  const ids = escaped.replaceAll(/<(?:tracker|user|shard|bucket|block|id)>/g, "-?\\d+").replaceAll(/<\w+>/g, ".+");
  return [name, new RegExp(`^${ids}$`)] as const;
});
