/** A deliberately broken variant: what the checker must find, and how soon. */
import type { MessageStore } from "../../../src/chat/ports.ts";
import type { Build } from "../build.ts";
import type { Invariant } from "../checker/facts.ts";

export interface Broken {
  readonly name: string;
  readonly breaks: Invariant;
  /** The checker finds it in one of the first so many seeds. */
  readonly within: number;
  readonly change: Partial<Build>;
}

/** The same store with some of its calls done differently. */
export function over(store: MessageStore, changes: Partial<MessageStore>): MessageStore {
  return new Proxy(store, {
    get: (target, name) => {
      const changed: unknown = Reflect.get(changes, name);
      if (changed !== undefined) return changed;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
