/** Thousands of lines in a process of their own, told what to do one order at a time. */
import { fork } from "node:child_process";

export type CrowdOrder =
  /** Opens lines of the devices from `from` on, `atOnce` at a time. */
  | { readonly do: "open"; readonly from: number; readonly count: number; readonly atOnce: number }
  /** Drops all at once and brings all back as fast as the kernel takes them. */
  | { readonly do: "storm" }
  | { readonly do: "close" };

export interface CrowdDone {
  readonly seconds: number;
  /** How often devices that were refused or cut had to try again. */
  readonly retries: number;
}

export interface Crowd {
  tell(order: CrowdOrder): Promise<CrowdDone>;
  stop(): void;
}

/** So many log in at a time where it is not the storm that is measured. */
const AT_ONCE = 50;

/** `folder`: of the compiled benchmarks. */
export function startCrowd(folder: URL, port: number): Crowd {
  const child = fork(new URL("crowd-side.js", folder), [String(port)]);
  const tell = (order: CrowdOrder): Promise<CrowdDone> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the load side ended with ${code}`));
      child.once("exit", ended);
      child.once("message", (done: CrowdDone) => {
        child.off("exit", ended);
        resolve(done);
      });
      child.send(order);
    });
  return { tell, stop: () => void child.kill() };
}

export function opening(from: number, count: number): CrowdOrder {
  return { do: "open", from, count, atOnce: AT_ONCE };
}
