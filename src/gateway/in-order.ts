/** Effects in their order, but neighbouring writes as one: a chunk of tiny frames must not become as many socket writes. */
import type { Effect } from "../core/index.ts";

export type Unwritten = Exclude<Effect, { type: "write" }>;

/** What is written waits for the end, or for the line's. */
export function performInOrder(effects: readonly Effect[], send: (bytes: Buffer) => void, perform: (effect: Unwritten) => void): void {
  let unsent: Buffer[] = [];
  const flush = (): void => {
    const [first] = unsent;
    if (first !== undefined) send(unsent.length === 1 ? first : Buffer.concat(unsent));
    unsent = [];
  };
  for (const effect of effects) {
    if (effect.type === "close") flush();
    if (effect.type === "write") unsent.push(effect.bytes);
    else perform(effect);
  }
  flush();
}
