/** Wall clocks that jump, one per process, by libfaketime; monotonic clocks and timers go on as they are. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A process looks at its file when its last look is more than a second old, in whole seconds: a jump needs up to so long to be seen. */
export const JUMP_SEEN_MS = 2_500;

export class Clocks {
  readonly #folder: string;
  readonly #offsets = new Map<string, number>();

  /** `folder`: for the files that say what time it is. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a process must be started with to have the clock of this name. */
  environment(name: string): Readonly<Record<string, string>> {
    this.set(name, this.offset(name));
    const { libfaketime, libc } = libraries();
    return {
      // Redis has a memory allocator of its own that asks for the time before libfaketime is ready; the C library's does not.
      LD_PRELOAD: `${libfaketime}:${libc}`,
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** Seconds that it is ahead of the machine's. */
  offset(name: string): number {
    return this.#offsets.get(name) ?? 0;
  }

  set(name: string, seconds: number): void {
    this.#offsets.set(name, seconds);
    writeFileSync(this.#file(name), `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  #file(name: string): string {
    return join(this.#folder, `clock-${name}`);
  }
}

/** Throws when libfaketime is not installed. */
function libraries(): { readonly libfaketime: string; readonly libc: string } {
  const libc = /\S+\/libc\.so\.6$/m.exec(readFileSync("/proc/self/maps", "utf8"))?.[0];
  if (libc === undefined) throw new Error("no GNU C library");
  const folders = [dirname(libc), join("/usr", dirname(libc).replace(/^\/usr/, ""))];
  const libfaketime = folders.map((folder) => join(folder, "faketime/libfaketimeMT.so.1")).find((file) => existsSync(file));
  if (libfaketime === undefined) throw new Error("no libfaketime");
  return { libfaketime, libc };
}
