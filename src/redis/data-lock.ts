/** One product per DATA_DIR: a lock file that names its holder and is void once that process is gone. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { birthOf, isAlive } from "./processes.ts";

export interface DataLock {
  release(): void;
}

/** Takes the lock; throws one line that names the folder and the process that holds it. */
export function lockData(dataDir: string): DataLock {
  const file = join(dataDir, "product.lock");
  const mine = `${process.pid} ${birthOf(process.pid)}\n`;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    if (!tryLink(draft, file) && !(dropIfVoid(file) && tryLink(draft, file))) {
      const holder = contentOf(file)?.split(" ")[0] ?? "unknown";
      throw new Error(`DATA_DIR: ${dataDir} is in use by another tracker-chat (process ${holder})`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (contentOf(file) === mine) rmSync(file, { force: true });
    },
  };
}

/** Creating a hard link fails when the name exists: that is the atomic step. */
function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a lock away whose process is gone; true when the name is free now. */
function dropIfVoid(file: string): boolean {
  const content = contentOf(file);
  if (content === null) return true;
  if (isHeld(content)) return false;
  const aside = `${file}.void.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return true;
  }
  // Another start was faster and this is its fresh lock: back with it.
  const fresh = contentOf(aside) !== content;
  if (fresh) tryLink(aside, file);
  rmSync(aside, { force: true });
  return !fresh;
}

function isHeld(content: string): boolean {
  const [pid = "", birth = ""] = content.trim().split(" ");
  return /^\d+$/.test(pid) && isAlive(Number(pid)) && birthOf(Number(pid)) === birth;
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
