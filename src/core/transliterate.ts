/** Texts for screens that know only ASCII: "Где вы?" becomes "Gde vy?", which a driver can read, where question marks say nothing. */
import anyAscii from "any-ascii";

export interface Transliterated {
  /** ASCII; a character without any likeness there stands as '?'. */
  readonly text: string;
  /** Characters that are not there as they were written, each once, in order of appearance. */
  readonly lost: readonly string[];
  /** Nothing but '?' and white space is left of a text that was changed. */
  readonly empty: boolean;
}

export function toAscii(text: string): Transliterated {
  const lost = new Set<string>();
  let ascii = "";
  for (const character of text) {
    if (character > "\x7f" && character !== NO_BREAK_SPACE) lost.add(character);
    ascii += asciiOf(character);
  }
  return { text: ascii, lost: [...lost], empty: lost.size > 0 && /^[?\s]*$/u.test(ascii) };
}

const NO_BREAK_SPACE = "\u00A0";
/** What has no shape of its own: combining marks, joiners, variation selectors. */
const SHAPELESS = /^[\p{M}\p{Cf}]$/u;

function asciiOf(character: string): string {
  const likeness = anyAscii(character);
  return likeness === "" && !SHAPELESS.test(character) ? "?" : likeness;
}
