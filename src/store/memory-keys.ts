/** What clients' idempotency keys stand for. */
import type { UserId } from "../chat/fleet.ts";
import type { Instant } from "../chat/message.ts";
import { IDEMPOTENCY_MS } from "../chat/ports.ts";

export class MemoryKeys {
  readonly #keys = new Map<string, { readonly digest: string; readonly until: Instant }>();

  claim({ userId, key }: { readonly userId: UserId; readonly key: string }, bodyDigest: string, now: Instant): "new" | "same" | "other" {
    const name = `${userId} ${key}`;
    const known = this.#keys.get(name);
    if (known !== undefined && known.until > now) return known.digest === bodyDigest ? "same" : "other";
    this.#keys.set(name, { digest: bodyDigest, until: now + IDEMPOTENCY_MS });
    return "new";
  }

  /** An account is gone. */
  forget(userId: UserId): void {
    for (const name of this.#keys.keys()) if (name.startsWith(`${userId} `)) this.#keys.delete(name);
  }
}
