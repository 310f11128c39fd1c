/** Processes by their ids. */
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { RedisFiles } from "./redis-conf.ts";

/** False for one that has ended and was not collected by its parent yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return statOf(pid)[0] !== "Z";
}

/** When a process started, as the kernel says (`/proc/PID/stat`, field 22): a process id alone may be used again. */
export function birthOf(pid: number): string {
  return statOf(pid)[19] ?? "?";
}

/** The Redis in the pid file, when it lives; by its working folder it is told from a process that got its id later. */
export function runningPid(files: RedisFiles): number | null {
  try {
    const pid = Number(readFileSync(files.pid, "utf8").trim());
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) && worksIn(pid, files.data) ? pid : null;
  } catch {
    return null;
  }
}

/** True once the process has ended; false when it has not within that time. */
export async function gone(pid: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await wait(LOOK_MS);
  }
  return true;
}

const LOOK_MS = 20;

/** Where there is no /proc it is believed: waiting for a stranger harms nobody. */
function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return true;
  }
}

/** Fields of `/proc/PID/stat` after the command's name: state first. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
