/** Programs of the system, run to their end. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const call = promisify(execFile);
/** None of them takes longer unless the machine is stuck. */
const PATIENCE_MS = 30_000;

/** Throws with what the program said when it fails. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await call(program, args, { timeout: PATIENCE_MS, killSignal: "SIGKILL" });
  return stdout;
}
