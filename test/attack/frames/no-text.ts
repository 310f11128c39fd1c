/**
 * Bytes that are no text: not UTF-8, not GBK, the half of a pair in UTF-16 of either order, the byte that cp1251 has not, a
 * letter whose end is missing, and controls.
 */
export const NO_TEXT: readonly Buffer[] = ["ff", "c0", "81", "80ff", "d800", "00dc", "98", "e4b8", "1b", "00"].map((hex) =>
  Buffer.from(hex, "hex"),
);
