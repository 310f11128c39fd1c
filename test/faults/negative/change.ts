/** Means of the broken variants: methods of the product's adapters done differently, and its scripts written differently. */
import { Redis } from "ioredis";
import { readScript } from "../../../src/store/lua-script.ts";

/** The same method with this around it. */
export function around<T extends object, K extends keyof T>(target: T, name: K, change: (original: T[K]) => T[K]): void {
  target[name] = change(target[name]);
}

/** The scripts of the store with this text in place of that; throws when the text is not there any more. */
export function changeScripts(from: string, to: string): void {
  // All that is changed here concerns this script, and others.
  if (!readScript("drain").includes(from)) throw new Error(`no script has ${JSON.stringify(from)}: this broken variant is none any more`);
  around(Redis.prototype, "defineCommand", (original) => {
    return function defineCommand(this: Redis, name, definition) {
      const { lua } = definition;
      return original.call(this, name, { ...definition, lua: lua.replaceAll(from, to) });
    };
  });
}
