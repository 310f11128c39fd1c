/** A tracker's profile on the command line. */
import { CommandError } from "./command-error.ts";

/** Throws CommandError when it is no JSON object. */
export function profileArgument(text: string): Readonly<Record<string, unknown>> {
  try {
    const profile: unknown = JSON.parse(text);
    if (typeof profile === "object" && profile !== null && !Array.isArray(profile)) return { ...profile };
  } catch {
    // Said below.
  }
  throw new CommandError("--profile: expected a JSON object");
}
