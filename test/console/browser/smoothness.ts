/** What a page's main thread does while something happens: frames as a viewer sees them, and time of the processor, which a busy machine does not stretch. */
import type { CDPSession, Page } from "playwright-core";

export interface Smoothness {
  readonly frames: number;
  /** Milliseconds between frames. */
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
  /** Tasks over 50 ms, as the browser counts them. */
  readonly longTasks: readonly number[];
  /** Milliseconds of the processor for all of it. */
  readonly cpu: number;
}

declare global {
  interface Window {
    measured: { frames: number[]; longTasks: number[]; isOn: boolean };
  }
}

export class Stopwatch {
  readonly #page: Page;
  readonly #session: CDPSession;

  private constructor(page: Page, session: CDPSession) {
    this.#page = page;
    this.#session = session;
  }

  /** Before the page is opened. */
  static async on(page: Page): Promise<Stopwatch> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.addInitScript(() => {
      window.measured = { frames: [], longTasks: [], isOn: false };
      const keep = (list: PerformanceObserverEntryList): void => {
        for (const { duration } of list.getEntries()) window.measured.longTasks.push(Math.round(duration));
      };
      new PerformanceObserver(keep).observe({ type: "longtask", buffered: true });
    });
    return new Stopwatch(page, session);
  }

  async measure(act: () => Promise<void>): Promise<Smoothness> {
    await this.#page.evaluate(() => {
      window.measured = { frames: [], longTasks: [], isOn: true };
      let last = performance.now();
      const frame = (time: number): void => {
        window.measured.frames.push(time - last);
        last = time;
        if (window.measured.isOn) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const before = await this.#cpu();
    await act();
    const cpu = (await this.#cpu()) - before;
    const { frames, longTasks } = await this.#page.evaluate(() => {
      window.measured.isOn = false;
      return window.measured;
    });
    const sorted = frames.slice(1).sort((one, other) => one - other);
    const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return { frames: sorted.length, median: at(0.5), p95: at(0.95), longest: at(1), longTasks, cpu: Math.round(cpu) };
  }

  async #cpu(): Promise<number> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
  }
}
