/** Texts that tell which one they are, in letters and digits that every protocol writes as they are. */

/** Of a text as it went by on a wire: `head` is at its beginning, `tail` at the end of a long one. */
export interface Token {
  readonly n: number;
  readonly part: "head" | "tail";
}

const DIGITS = 6;
/** Every so many texts one is long enough for several parts in most protocols. */
const LONG_EVERY = 29;
const LONG_CHARACTERS = 620;
/** The tail is written twice: where a text is cut in two, one of them is whole. */
const PATTERN = /x([qef])([0-9a-z]{6})\1x/g;
const TOKEN_CHARACTERS = 4 + DIGITS;
const WORDS = "drive on past the bridge and call the gate ";

/** A dispatcher's text. */
export function textOf(n: number): string {
  const head = `${mark("q", n)} ${WORDS}`;
  return isLong(n) ? `${head.padEnd(LONG_CHARACTERS, WORDS)}${mark("e", n)} ${mark("f", n)}` : head.trimEnd();
}

export function isLong(n: number): boolean {
  return n % LONG_EVERY === 0;
}

/** A driver's text. */
export function spokenOf(n: number): string {
  return `yq${digits(n)}qy arrived`;
}

/** What one of our texts, or its first part, says of itself; null: it is none of a dispatcher. */
export function headIn(text: string): number | null {
  const match = /xq([0-9a-z]{6})qx/.exec(text);
  return match?.[1] === undefined ? null : Number.parseInt(match[1], 36);
}

export function spokenIn(text: string): number | null {
  const match = /^yq([0-9a-z]{6})qy/.exec(text);
  return match?.[1] === undefined ? null : Number.parseInt(match[1], 36);
}

/** Which of our texts a call on Redis is about; null: none. */
export function textInCall(call: Buffer): string | null {
  return /xq[0-9a-z]{6}qx|yq[0-9a-z]{6}qy/.exec(call.toString("latin1"))?.[0] ?? null;
}

/** Finds tokens in a stream of bytes however it is cut. */
export class Scanner {
  #rest = "";

  push(chunk: Buffer): readonly Token[] {
    const text = this.#rest + chunk.toString("latin1");
    const found = new Map<string, Token>();
    let read = 0;
    for (const { 0: whole, 1: letter = "", 2: id = "", index } of text.matchAll(PATTERN)) {
      const part = letter === "q" ? "head" : "tail";
      const n = Number.parseInt(id, 36);
      found.set(`${part} ${n} ${part === "head" ? index : ""}`, { n, part });
      read = index + whole.length;
    }
    this.#rest = text.slice(Math.max(read, text.length - TOKEN_CHARACTERS + 1));
    return [...found.values()];
  }
}

function mark(letter: string, n: number): string {
  return `x${letter}${digits(n)}${letter}x`;
}

function digits(n: number): string {
  return n.toString(36).padStart(DIGITS, "0");
}
