/** The lines of this protocol: `WORD,number,rest` and CR LF, the same both ways. */

/** Without its end: word, number and text. */
export const MAX_LINE_BYTES = 512;
/** What a connection begins with. */
export const LOGIN = "ascii-template-login";

export interface Line {
  readonly word: string;
  readonly number: string;
  /** Everything behind the second comma. */
  readonly rest: Buffer;
}

/** Never fails: what is missing is empty. */
export function readLine(frame: Buffer): Line {
  const text = frame.toString("latin1");
  const [word = "", number = ""] = text.split(",", 2);
  return { word, number, rest: frame.subarray(word.length + 1 + number.length + 1) };
}

export function writeLine(word: string, number: string, rest: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`${word},${number},`), Buffer.from(rest), Buffer.from("\r\n")]);
}
