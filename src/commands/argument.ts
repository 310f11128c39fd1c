/** Parsers of settings as parsers of options. */
import { InvalidArgumentError } from "commander";

/** What the parser expected becomes a usage error that names the option. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(`Expected ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
}
