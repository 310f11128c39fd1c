/** Which protocol a connection speaks, from its first bytes. */
import type { Protocol } from "../core/index.ts";

/** More first bytes than this are not waited for. */
export const HEAD_BYTES = 64;

export type Detected =
  | { readonly type: "found"; readonly protocol: Protocol }
  | { readonly type: "more" }
  /** No protocol of the list begins like this. */
  | { readonly type: "nobody" };

/** The first protocol of the list that says yes; `nobody` when all say no, or when `HEAD_BYTES` were not enough. */
export function detect(head: Buffer, protocols: readonly Protocol[]): Detected {
  const seen = head.subarray(0, HEAD_BYTES);
  let undecided = false;
  for (const protocol of protocols) {
    const answer = protocol.detect(seen);
    if (answer === "yes") return { type: "found", protocol };
    if (answer === "more") undecided = true;
  }
  return undecided && head.length < HEAD_BYTES ? { type: "more" } : { type: "nobody" };
}
