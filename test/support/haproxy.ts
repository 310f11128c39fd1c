/** HAProxy as Debian has it, as a child process. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Its program; where Debian puts it is not on everybody's PATH. Undefined: it is not installed. */
export const HAPROXY = ["haproxy", "/usr/sbin/haproxy"].find(runs);

export interface Haproxy {
  readonly pid: number;
  /** The socket of its statistics. */
  readonly stats: string;
  stop(): void;
}

/** `proxies`: sections of its configuration, beside timeouts and statistics. It may not listen yet. */
export function startHaproxy(proxies: readonly string[]): Haproxy {
  if (HAPROXY === undefined) throw new Error("HAProxy is not installed");
  const folder = mkdtempSync(join(tmpdir(), "tracker-chat-haproxy-"));
  const stats = join(folder, "stats.sock");
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, `global\n  stats socket ${stats}\n${DEFAULTS}${proxies.join("")}`);
  const child: ChildProcess = spawn(HAPROXY, ["-f", file, "-db"], { stdio: ["ignore", "ignore", "ignore"] });
  return {
    pid: child.pid ?? 0,
    stats,
    stop: () => {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
}

const DEFAULTS = "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n";

function runs(program: string): boolean {
  try {
    execFileSync(program, ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
