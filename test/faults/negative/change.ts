/** Means of the broken variants: methods of the product's adapters done differently, and its scripts written differently. */
import { Redis } from "ioredis";

/** The same method with this around it. */
export function around<T extends object, K extends keyof T>(target: T, name: K, change: (original: T[K]) => T[K]): void {
  target[name] = change(target[name]);
}

/** Every script of the store as this changes it; throws when the text to be changed is not there any more. */
export function changeScripts(from: string, to: string, only: (lua: string) => boolean = () => true): void {
  let changed = 0;
  around(Redis.prototype, "defineCommand", (original) => {
    return function defineCommand(this: Redis, name, definition) {
      const { lua } = definition;
      const applies = lua.includes(from) && only(lua);
      if (applies) changed += 1;
      return original.call(this, name, applies ? { ...definition, lua: lua.replaceAll(from, to) } : definition);
    };
  });
  setTimeout(() => {
    if (changed === 0) throw new Error(`no script has ${JSON.stringify(from)}: this broken variant is none any more`);
  }, LOOK_MS);
}

/** By then the store has defined its scripts. */
const LOOK_MS = 5_000;
