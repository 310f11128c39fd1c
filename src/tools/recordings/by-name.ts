/** Pieces gathered by the conversation that they belong to. */
import type { Piece, Recording } from "./recording.ts";

export class ByName {
  readonly #pieces = new Map<string, Piece[]>();

  add(name: string, piece: Piece): void {
    const known = this.#pieces.get(name);
    if (known === undefined) this.#pieces.set(name, [piece]);
    else known.push(piece);
  }

  /** In the order in which they began. */
  get recordings(): readonly Recording[] {
    return [...this.#pieces].map(([name, pieces]) => ({ name, pieces }));
  }
}

/** Hex digits with or without blanks, commas, colons, dashes and 0x between the bytes; null: something else. */
export function hexBytes(text: string): Buffer | null {
  const digits = text.replaceAll(/0x|[\s,:-]/giu, "");
  return digits.length > 0 && digits.length % 2 === 0 && /^[0-9a-f]+$/iu.test(digits) ? Buffer.from(digits, "hex") : null;
}

/** `2026-11-22 10:00:00` with or without a fraction, as if it were UTC; null when there is none. */
export function timeOf(text: string): number | null {
  const match = /(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,3}))?/u.exec(text);
  if (match === null) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? "").padEnd(3, "0")));
}
