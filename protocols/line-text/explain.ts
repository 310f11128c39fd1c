/** Lines of a payload, for people. */
import { decodeText, type ExplainedField } from "../../src/core/index.ts";
import { isText, readLine } from "./grammar.ts";

/** Null: these bytes are not lines of text. */
export function explainLines(payload: Buffer): readonly ExplainedField[] | null {
  const { text, lossy } = decodeText(payload, "utf8");
  const lines = text.split(/\r?\n/u).filter((line) => line !== "");
  if (lossy || lines.length === 0 || !lines.every(isText)) return null;
  return lines.map((line) => {
    const read = readLine(line);
    if (read.type === "plain") return { name: "line", value: line };
    const value = read.type === "text" ? read.text : read.type;
    return { name: `line with token ${read.token}`, value, note: read.type };
  });
}
