/** Commands without their password: what is kept of a conversation, and what timelines show. */
import type { Direction } from "../../src/core/index.ts";

/** Null: no command, so no password. */
export function redact(frame: Buffer, direction: Direction, cover: (secret: string) => string): Buffer | null {
  if (direction === "up") return null;
  const [, head, password, rest] = COMMAND.exec(frame.toString("latin1")) ?? [];
  if (head === undefined || password === undefined || rest === undefined) return null;
  return Buffer.from(`${head}${cover(password)}${rest}`, "latin1");
}

/** `AT+GTDAT=<password>,...`, whatever the command is called. */
const COMMAND = /^(AT\+GT[A-Z]{3}=)([^,$]*)([,$].*)$/su;
