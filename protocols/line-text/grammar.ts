/** The lines of this project's own convention; see README.md. Both sides read and write them here. */

/** A line without its end. */
export const MAX_LINE_BYTES = 1024;

export type Line =
  /** `#<number>,<text>`: to be acknowledged by its number. */
  | { readonly type: "text"; readonly token: string; readonly text: string }
  | { readonly type: "ack" | "read"; readonly token: string }
  | { readonly type: "nak"; readonly token: string; readonly reason: string }
  | { readonly type: "plain"; readonly text: string };

export function readLine(line: string): Line {
  const [, word = "", token = "", rest = null] = CONTROL.exec(line) ?? [];
  switch (word) {
    case "ACK":
    case "READ":
      return rest === null ? { type: word === "ACK" ? "ack" : "read", token } : { type: "plain", text: line };
    case "NAK":
      return { type: "nak", token, reason: rest ?? "" };
  }
  const text = TEXT.exec(line);
  return text === null ? { type: "plain", text: line } : { type: "text", token: text[1] ?? "", text: text[2] ?? "" };
}

export function writeLine(line: Exclude<Line, { type: "plain" }>): string {
  switch (line.type) {
    case "text":
      return `#${line.token},${line.text}`;
    case "nak":
      return line.reason === "" ? `#NAK,${line.token}` : `#NAK,${line.token},${line.reason}`;
    default:
      return `#${line.type.toUpperCase()},${line.token}`;
  }
}

/** Tabs may stand in a text; other control characters, or nothing that could be decoded, show that these bytes are none. */
export function isText(line: string): boolean {
  return !/[^\P{Cc}\t]/u.test(line) && /[^\uFFFD\s]/u.test(line);
}

const CONTROL = /^#(ACK|NAK|READ),(\d{1,10})(?:,(.*))?$/u;
const TEXT = /^#(\d{1,10}),(.*)$/u;
