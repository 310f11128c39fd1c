/** Replies of scripts, checked for what they should be: a surprise is an error here, not a wrong value later. */

import type { Owner } from "../chat/ports.ts";

export type Reply = number | Buffer | null | readonly Reply[];

export function asNumber(reply: Reply | undefined): number {
  if (typeof reply !== "number") throw new TypeError(`expected a number from Redis, got ${typeof reply}`);
  return reply;
}

export function asBytes(reply: Reply | undefined): Buffer {
  if (!Buffer.isBuffer(reply)) throw new TypeError(`expected bytes from Redis, got ${typeof reply}`);
  return reply;
}

export function asText(reply: Reply | undefined): string {
  return asBytes(reply).toString();
}

export function asArray(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw new TypeError(`expected an array from Redis, got ${typeof reply}`);
  return reply;
}

/** A node without a name is none. */
export function ownerOf(node: Reply | undefined, epoch: Reply | undefined): Owner | null {
  return asText(node) === "" ? null : { node: asText(node), epoch: asNumber(epoch) };
}
