/** What a key is called where letters are Latin, so that commands are on the same keys of a Russian or a Greek layout. */

type Key = Pick<KeyboardEvent, "key" | "code" | "shiftKey">;

const OTHER_LETTER = /^(?!\p{Script=Latin})\p{L}$/u;

/** Letters in lower case unless Shift is held: Caps Lock makes no difference. */
export function latinKey({ key, code, shiftKey }: Key): string {
  const name = OTHER_LETTER.test(key) ? (latinOf(code) ?? key) : key;
  return name.length === 1 && !shiftKey ? name.toLowerCase() : name;
}

/** Where the other layout has a letter and no Latin one has the same: the key of the apostrophe. */
function latinOf(code: string): string | null {
  if (code === "Quote") return "'";
  return code.startsWith("Key") ? code.slice("Key".length) : null;
}
