/** What a command tells its user: one line each, no stack. */

export class CommandError extends Error {
  readonly code = "command";
  /** Printed one below the other. */
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines[0] ?? "failed");
    this.lines = lines.map((line) => oneLine(line));
  }
}

/** The lines of anything that was thrown. */
export function linesOf(error: unknown): readonly string[] {
  if (error instanceof CommandError) return error.lines;
  const message = error instanceof Error ? error.message : String(error);
  return [oneLine(message)];
}

/** What stands in several lines, in one. */
export function oneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}
