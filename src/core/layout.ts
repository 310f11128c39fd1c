/**
 * Binary layouts over binary-parser with exact-fit checking: the library returns short data when a declared length
 * runs past the input, and ignores bytes that are left over; here both are errors.
 */
import { Parser } from "binary-parser";

export { Parser };

/** The frame's bytes are not what the layout says. `message` tells what was expected and what came. */
export class LayoutError extends Error {
  readonly code = "layout";
}

export interface Layout<T> {
  /** Reads all of `bytes`; throws LayoutError on bytes missing or left over. */
  read(bytes: Buffer): T;
}

/**
 * `T` is vouched for by the declaration beside the parser: binary-parser itself infers nothing. `rest` names the field
 * that takes all bytes behind the parser's own fields (its `readUntil: "eof"` leaves the offset where it was).
 */
export function layout<T>(name: string, parser: Parser, rest?: string): Layout<T> {
  const exact = parser.saveOffset(END);
  return {
    read(bytes) {
      const fields = parse(exact, bytes, name);
      const end = fields[END];
      if (rest !== undefined && typeof end === "number" && end <= bytes.length) fields[rest] = bytes.subarray(end);
      else if (end !== bytes.length) throw new LayoutError(`${name}: layout ends at ${String(end)}, frame has ${bytes.length} bytes`);
      delete fields[END];
      return fields as T;
    },
  };
}

const END = "$end";

function parse(parser: Parser, bytes: Buffer, name: string): Record<string, unknown> {
  try {
    return parser.parse(bytes) as Record<string, unknown>;
  } catch (error) {
    throw new LayoutError(`${name}: ${error instanceof Error ? error.message : String(error)} in ${bytes.length} bytes`);
  }
}
