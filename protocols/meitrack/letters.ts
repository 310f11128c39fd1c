/** Which text a reply means: the tracker repeats the data identifier of the command that it answers (MTK18, chapter 1). */
import { LETTERS, letterOf } from "./wire.ts";

/** Parts that are remembered on a line. */
const MAX_PARTS = 512;
/** Parts that may be unanswered at once. */
export const WINDOW = 4;

interface Entry {
  readonly letter: string;
  readonly command: string;
  sent: boolean;
}

export class Letters {
  /** By tag, those without a reply, oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** The letter of a part: made from its number, so that it is the same on any line, unless another text without a reply has it. */
  give(tag: string, command: string, number: number): string {
    const known = this.#entries.get(tag);
    if (known !== undefined) return known.letter;
    const letter = this.#free(number);
    this.#entries.set(tag, { letter, command, sent: false });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_PARTS && oldest !== undefined) this.#entries.delete(oldest);
    return letter;
  }

  sent(tag: string): void {
    const entry = this.#entries.get(tag);
    if (entry !== undefined) entry.sent = true;
  }

  /** The tag of the part that this reply means; null: none. */
  take(letter: string, command: string): string | null {
    const waiting = [...this.#entries].filter(([, entry]) => entry.sent && entry.command === command);
    const [tag = null] = waiting.findLast(([, entry]) => entry.letter === letter) ?? [];
    if (tag !== null) this.#entries.delete(tag);
    return tag;
  }

  #free(number: number): string {
    const taken = new Set([...this.#entries.values()].map((entry) => entry.letter));
    for (let step = 0; step < LETTERS; step += 1) if (!taken.has(letterOf(number + step))) return letterOf(number + step);
    return letterOf(number);
  }
}
