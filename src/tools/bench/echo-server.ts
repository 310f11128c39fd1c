/** The bare server that writes back what it reads, as a process of its own, and what a line of it takes. */
import { fork } from "node:child_process";
import { bytesTaken, collecting } from "./collect.ts";
import { opening, startCrowd } from "./crowd.ts";
import { sleep } from "./load.ts";

export interface EchoServer {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

/** Until what was closed is gone for it too. */
const GONE_MS = 2_000;

/** `folder`: of the compiled benchmarks. */
export async function startEcho(folder: URL): Promise<EchoServer> {
  const child = fork(new URL("echo.js", folder), [], { execArgv: [...collecting(folder)] });
  const port = await new Promise<number>((resolve) => child.once("message", (message: { readonly port: number }) => resolve(message.port)));
  return { pid: child.pid ?? 0, port, stop: () => void child.kill() };
}

/** Resident bytes of each of so many of its lines, after `warmUp` others were opened and closed. */
export async function echoBytesPerLine(
  folder: URL,
  { warmUp, lines }: { readonly warmUp: number; readonly lines: number },
): Promise<number> {
  const echo = await startEcho(folder);
  const crowd = startCrowd(folder, echo.port);
  try {
    await crowd.tell(opening(0, warmUp));
    await crowd.tell({ do: "close" });
    await sleep(GONE_MS);
    const [bytes] = await bytesTaken(echo.pid, () => crowd.tell(opening(0, lines)));
    return bytes / lines;
  } finally {
    crowd.stop();
    echo.stop();
  }
}
