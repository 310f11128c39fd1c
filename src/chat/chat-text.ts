/** What may be sent as a message: the checks once, and a type that proves they were made. */

declare const checked: unique symbol;
/** A text that `textProblem` found nothing wrong with. */
export type ChatText = string & { readonly [checked]: true };

/** Unicode code points in one message. */
export const TEXT_CHARACTERS = 20_000;

export function isChatText(text: string): text is ChatText {
  return textProblem(text) === null;
}

/** Why this text cannot be a message, in words for the caller; null: it can. */
export function textProblem(text: string): string | null {
  if (text.trim() === "") return "must not be blank";
  if (longerThan(text, TEXT_CHARACTERS)) return `must have at most ${TEXT_CHARACTERS} characters`;
  if (text.includes("\0")) return "must not contain NUL";
  if (LONE_SURROGATE.test(text)) return "must not contain lone surrogates";
  return null;
}

// Under the u flag a surrogate pair is one character: only lone ones have this property.
const LONE_SURROGATE = /\p{Surrogate}/u;

function longerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > characters * 2) return true;
  let count = 0;
  for (const _ of text) if (++count > characters) return true;
  return false;
}
