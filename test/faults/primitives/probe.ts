/** Which faults this machine can inject: each kind is tried once before a campaign. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { Clocks, JUMP_SEEN_MS } from "./clocks.ts";
import { Disk } from "./disk.ts";
import { blackHole, lose, reset } from "./firewall.ts";

export type PrimitiveName = "power-cut" | "firewall" | "stop" | "kill" | "clock";

/** Those that the project's machines have: the continuous integration fails without one. */
export const MANDATORY: readonly PrimitiveName[] = ["power-cut", "firewall", "stop", "kill", "clock"];

/** What is missing, and why. */
export type Missing = ReadonlyMap<PrimitiveName, string>;

const PROBE_DISK_BYTES = 16 * 1_024 * 1_024;
const HOUR_S = 3_600;
const QUIET_MS = 300;

/** Inside the namespaces of a campaign. `work`: an empty folder. */
export async function probe(work: string): Promise<Missing> {
  const probes: Readonly<Record<PrimitiveName, (work: string) => Promise<void>>> = {
    "power-cut": powerCut,
    firewall,
    stop,
    kill,
    clock,
  };
  const missing = new Map<PrimitiveName, string>();
  await Promise.all(
    MANDATORY.map(async (name) => {
      await probes[name](work).catch((error: unknown) => missing.set(name, String(error).split("\n")[0] ?? ""));
    }),
  );
  return missing;
}

/** What was flushed survives, what was not does not have to, and nothing can be written after the cut. */
async function powerCut(work: string): Promise<void> {
  const disk = await Disk.make(work, "probe", PROBE_DISK_BYTES);
  try {
    await writeFile(join(disk.folder, "flushed"), "here", { flush: true });
    await writeFile(join(disk.folder, "flushed too"), "here", { flush: true });
    await disk.cut();
    const written = await writeFile(join(disk.folder, "late"), "late", { flush: true }).then(
      () => true,
      () => false,
    );
    await disk.remount();
    if (written) throw new Error("the disk takes writes after its power was cut");
    if ((await readFile(join(disk.folder, "flushed"), "utf8")) !== "here") throw new Error("a flushed file is gone");
    const giveBack = await disk.fill();
    const full = await writeFile(join(disk.folder, "late"), Buffer.alloc(65_536), { flush: true }).then(
      () => false,
      () => true,
    );
    await giveBack();
    if (!full) throw new Error("a full disk takes writes");
  } finally {
    await disk.remove();
  }
}

async function firewall(): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const [one, other] = [await dial(port), await dial(port)];
  try {
    const undo = await blackHole([one.localPort ?? 0]);
    if (await echoes(one)) throw new Error("a black hole lets bytes through");
    if (!(await echoes(other))) throw new Error("a black hole swallows other connections");
    await undo();
    const whole = await lose([other.localPort ?? 0], 0.5);
    await whole();
    const pass = await reset([other.localPort ?? 0]);
    const broken = new Promise((resolve) => other.once("close", resolve));
    other.write("x");
    const came = await Promise.race([broken.then(() => true), wait(QUIET_MS * 10).then(() => false)]);
    if (!came) throw new Error("no reset came");
    await pass();
  } finally {
    one.destroy();
    other.destroy();
    server.close();
  }
}

async function stop(): Promise<void> {
  const child = spawn("sh", ["-c", "while read line; do echo $line; done"], { stdio: ["pipe", "pipe", "ignore"] });
  const { stdin, stdout } = child;
  stdin.write("one\n");
  await once(stdout, "data");
  child.kill("SIGSTOP");
  await wait(50);
  stdin.write("two\n");
  const answered = once(stdout, "data").then(() => true);
  if (await Promise.race([answered, wait(QUIET_MS).then(() => false)])) throw new Error("a stopped process goes on");
  child.kill("SIGCONT");
  await answered;
  child.kill("SIGKILL");
}

async function kill(): Promise<void> {
  const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], { stdio: "ignore" });
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** A process that runs sees the jump, and its timers do not. */
async function clock(work: string): Promise<void> {
  const clocks = new Clocks(work);
  const program = `const from = [Date.now(), performance.now()]; setTimeout(() => {
    process.stdout.write(String(Math.round((Date.now() - from[0] - (performance.now() - from[1])) / 1000)));
  }, ${JUMP_SEEN_MS * 2})`;
  const running = promisify(execFile)(process.execPath, ["-e", program], { env: { ...process.env, ...clocks.environment("probe") } });
  await wait(JUMP_SEEN_MS);
  clocks.set("probe", HOUR_S);
  const { stdout } = await running;
  if (Math.abs(Number(stdout) - HOUR_S) > 2) throw new Error(`a clock moved by ${stdout} s instead of ${HOUR_S}`);
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function echoes(socket: Socket): Promise<boolean> {
  const echo = new Promise<boolean>((resolve) => socket.once("data", () => resolve(true)));
  socket.write("x");
  return await Promise.race([echo, wait(QUIET_MS).then(() => false)]);
}
