/** How many bytes a text takes in a device's charset, so that the count keeps up with the typing; the server's word on parts comes after. */

const ENCODER = new TextEncoder();
/** A no-break space goes out as a space in GBK. */
const TWO_BYTES_IN_GBK = /[^\0-\x7f\xa0]/gu;

/** Characters that the charset lacks count as the '?' that goes out for them. */
export function bytesOf(text: string, charset: string, lost: readonly string[] = []): number {
  const missing = new Set(lost);
  const kept = missing.size === 0 ? text : [...text].map((character) => (missing.has(character) ? "?" : character)).join("");
  if (charset.startsWith("utf16")) return kept.length * 2;
  if (charset === "utf8") return ENCODER.encode(kept).length;
  const characters = [...kept].length;
  return charset === "gbk" ? characters + (kept.match(TWO_BYTES_IN_GBK)?.length ?? 0) : characters;
}
