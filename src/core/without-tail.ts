/** The text without those of its last characters that are among `tail`; a pattern for that is slow on hostile texts. */
export function withoutTail(text: string, tail: string): string {
  let end = text.length;
  while (end > 0 && tail.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
