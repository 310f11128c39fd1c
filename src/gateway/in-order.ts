/** Effects in their order, but neighbouring writes as one: a chunk of tiny frames must not become as many socket writes. */
import type { Effect } from "../core/index.ts";

export type Unwritten = Exclude<Effect, { type: "write" }>;

/** What is written waits for the end, or for the line's. */
export function performInOrder(effects: readonly Effect[], send: (bytes: Buffer) => void, perform: (effect: Unwritten) => void): void {
  let unsent: Buffer[] | null = null;
  for (const effect of effects) {
    if (effect.type === "write") {
      unsent ??= [];
      unsent.push(effect.bytes);
      continue;
    }
    if (effect.type === "close" && unsent !== null) {
      sendAll(unsent, send);
      unsent = null;
    }
    perform(effect);
  }
  if (unsent !== null) sendAll(unsent, send);
}

function sendAll([first, ...more]: readonly Buffer[], send: (bytes: Buffer) => void): void {
  if (first !== undefined) send(more.length === 0 ? first : Buffer.concat([first, ...more]));
}
