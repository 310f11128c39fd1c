/** How the process ends: what was opened is closed in reverse order, each part within a bound. */
import type { Logger } from "pino";

/** All lines, requests and jobs are ended within this. */
const PART_MS = 9_000;

export class Closing {
  readonly #log: Logger;
  readonly #parts: { readonly name: string; readonly close: () => unknown; readonly boundMs: number }[] = [];
  #running: Promise<void> | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `close` runs before those that were added earlier, and is left when it takes longer than its bound. */
  add(name: string, close: () => unknown, boundMs: number = PART_MS): void {
    this.#parts.push({ name, close, boundMs });
  }

  /** Closes everything once; what fails or takes too long is logged and left. */
  run(): Promise<void> {
    this.#running ??= this.#closeAll();
    return this.#running;
  }

  async #closeAll(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      const { name, close, boundMs } = part;
      try {
        await within(boundMs, close);
      } catch (error) {
        this.#log.warn({ err: error }, `${name} did not close as it should`);
      }
    }
  }
}

/** What makes a process end in order. */
export interface Ending {
  readonly signals: readonly NodeJS.Signals[];
  /** Resolves when somebody else says so; null: nobody does. */
  readonly told: Promise<string> | null;
}

/** Waits for a signal, or to be told, closes everything and ends the process; a second signal ends it at once. */
export async function endOnSignals(closing: Closing, log: Logger, { signals, told }: Ending): Promise<never> {
  const signal = await new Promise<string>((resolve) => {
    let count = 0;
    for (const name of signals) {
      process.on(name, () => {
        count += 1;
        if (count > 1) process.exit(1);
        resolve(name);
      });
    }
    told?.then(resolve, () => undefined);
  });
  log.info({ signal }, "draining");
  await closing.run();
  log.info("ended");
  process.exit(0);
}

/** A defect outside of every line and request: nothing is sure any more, so the process ends; the next start adopts its Redis. */
export function endOnDefects(log: Logger): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
}

async function within(ms: number, work: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([Promise.resolve().then(work), late]);
  } finally {
    clearTimeout(timer);
  }
}
