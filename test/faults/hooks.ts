/** Who waits for which text, and what shall be done at the very moment when something is promised. */
import type { Happening, Recorder } from "./history.ts";
import { isLong } from "./texts.ts";

export type Promised = "accepted" | "acknowledged";

export class Hooks {
  /** Accepted texts that have not arrived: number to tracker. */
  readonly #open = new Map<number, number>();
  readonly #backlogs = new Map<number, number>();
  /** Parts that came, of texts that are not complete or not accepted yet; complete ones are in `#complete`. */
  readonly #parts = new Map<number, Set<string>>();
  readonly #complete = new Set<number>();
  readonly #arrivals = new Map<number, (() => void)[]>();
  readonly #moments: Record<Promised, (() => void)[]> = { accepted: [], acknowledged: [] };

  /** Texts of one tracker that were accepted and have not arrived. */
  backlog(trackerId: number): number {
    return this.#backlogs.get(trackerId) ?? 0;
  }

  /** Accepted texts that have not arrived. */
  get missing(): readonly number[] {
    return [...this.#open.keys()];
  }

  /** The same recorder; arrivals are noticed on the way. */
  watching(recorder: Recorder): Recorder {
    return {
      add: (happening: Happening): void => {
        recorder.add(happening);
        if (happening.op === "arrived") this.#arrived(happening.n, happening.part);
      },
    };
  }

  accepted(n: number, trackerId: number): void {
    if (!this.#complete.has(n)) {
      this.#open.set(n, trackerId);
      this.#backlogs.set(trackerId, this.backlog(trackerId) + 1);
    }
    this.#now("accepted");
  }

  acknowledged(): void {
    this.#now("acknowledged");
  }

  /** Does it at the next such moment, before anything else happens. */
  atNext(moment: Promised, act: () => void): void {
    this.#moments[moment].push(act);
  }

  /** True once this text is with its device; false when it is not in time. */
  async arrival(n: number, withinMs: number): Promise<boolean> {
    if (this.#complete.has(n)) return true;
    return await new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), withinMs);
      const waiting = this.#arrivals.get(n) ?? [];
      this.#arrivals.set(n, [
        ...waiting,
        () => {
          clearTimeout(late);
          resolve(true);
        },
      ]);
    });
  }

  #arrived(n: number, part: string): void {
    if (this.#complete.has(n)) return;
    const parts = (this.#parts.get(n) ?? new Set()).add(part);
    this.#parts.set(n, parts);
    if (parts.size < (isLong(n) ? 2 : 1)) return;
    this.#parts.delete(n);
    this.#complete.add(n);
    const trackerId = this.#open.get(n);
    if (trackerId !== undefined) this.#backlogs.set(trackerId, this.backlog(trackerId) - 1);
    this.#open.delete(n);
    for (const tell of this.#arrivals.get(n) ?? []) tell();
    this.#arrivals.delete(n);
  }

  #now(moment: Promised): void {
    for (const act of this.#moments[moment].splice(0)) act();
  }
}
