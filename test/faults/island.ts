/**
 * A campaign runs in namespaces of its own: its processes, mounts, loop devices and rules for the network are seen by nobody else, and the
 * kernel removes all of them when the first process of the island ends, however it ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { run } from "./primitives/run.ts";

const MARK = "TRACKER_CHAT_ISLAND";
const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

export function isOnIsland(): boolean {
  return process.env[MARK] !== undefined;
}

/** Why no island can be made here; null: one can. */
export async function objectionToIsland(): Promise<string | null> {
  const program = ["sh", "-c", "ip link set lo up && mount -t tmpfs none /mnt && iptables -w -L -n"];
  const message = await run("unshare", ...NAMESPACES, ...program).then(
    () => null,
    (error: Error) => error.message.trim().split("\n").at(-1) ?? "",
  );
  return message === null ? null : `${message} (root is needed, and the Debian packages that .ci/run lists)`;
}

/** Runs this program with the same arguments on an island; gives its exit code. */
export async function runOnIsland(main: string, args: readonly string[]): Promise<number> {
  const child = spawn("unshare", [...NAMESPACES, process.execPath, ...process.execArgv, main, ...args], {
    env: { ...process.env, [MARK]: "1" },
    // The end of this process ends the pipe, and that the island.
    stdio: ["pipe", "inherit", "inherit"],
  });
  const ended = once(child, "exit");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.stdin.end());
  const [code] = (await ended) as [number | null];
  return code ?? 1;
}

/** The first steps on an island: a network to itself, and a folder in memory. `ended`: called when who started it is gone. */
export async function settle(work: string, ended: () => void): Promise<void> {
  process.stdin.on("end", ended).on("error", ended).resume();
  await run("ip", "link", "set", "lo", "up");
  await mkdir(work, { recursive: true });
  await run("mount", "-t", "tmpfs", "none", work);
  // libfaketime leaves something here for each process.
  await run("mount", "-t", "tmpfs", "none", "/dev/shm");
}
