/** The protocol that a person named. */
import { PROTOCOLS } from "../../protocols/index.ts";
import type { Protocol } from "../core/index.ts";
import { CommandError } from "./command-error.ts";

/** Throws CommandError with the names there are. */
export function protocolNamed(name: string): Protocol {
  const protocol = PROTOCOLS.find((known) => known.name === name);
  if (protocol) return protocol;
  throw new CommandError(`unknown protocol "${name}", known are ${PROTOCOLS.map((known) => known.name).join(", ")}`);
}
