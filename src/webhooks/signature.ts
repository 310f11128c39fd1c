/** How a receiver knows that a post is from here: docs/webhooks.md says it to its users. */
import { createHmac } from "node:crypto";

/** HMAC-SHA256 over the time of the post, a dot, and the body. */
export function signature(secret: string, seconds: number, body: string): string {
  return `v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
