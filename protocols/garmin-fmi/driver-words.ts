/** What a driver typed, in whatever the unit writes: UTF-8 or its own code page. */
import { decodeText } from "../../src/core/index.ts";

/**
 * Before it is asked, and where Unicode was never agreed on, a unit writes ASCII or code page 1252 (FMC, codepage_type). Its
 * bytes are hardly ever UTF-8 by chance, so that a text with one sound letter of it is UTF-8 that was cut or damaged.
 */
export function driverWords(bytes: Buffer): { readonly text: string; readonly lossy: boolean } {
  const unicode = decodeText(bytes, "utf8");
  if (!unicode.lossy || /[^\0-\x7f\uFFFD]/u.test(unicode.text)) return unicode;
  const text = bytes.toString("latin1").replaceAll(/[\x80-\x9f]/g, (character) => CP1252[character.charCodeAt(0) - CP1252_START] ?? "");
  return { text, lossy: text.includes("\uFFFD") };
}

/** Where code page 1252 is not Latin-1; five places have no character. */
const CP1252_START = 0x80;
const CP1252 = "€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ";
