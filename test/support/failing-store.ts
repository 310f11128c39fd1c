/** A store that can be out of reach. */
import { type MessageStore, StoreUnavailable } from "../../src/chat/ports.ts";

/** The same store, except that its calls are refused while `down`. */
export function failing(store: MessageStore, down: () => boolean): MessageStore {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => (down() ? Promise.reject(new StoreUnavailable("planted")) : member.apply(target, args));
    },
  });
}
