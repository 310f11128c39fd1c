/** What may be sent to a tracker's command interpreter. It does what it is told, so a text is sent whole and unchanged, or not at all. */
import { type CharsetName, encodeText, type Preview } from "../../src/core/index.ts";
import { allows } from "./allowed.ts";
import type { ConsoleSettings } from "./profile.ts";

/** What the protocol can carry. */
export interface CommandForm {
  readonly charset: CharsetName;
  readonly maxBytes: number;
}

export type Command =
  | { readonly type: "command"; readonly bytes: Buffer }
  /** `lost`: characters that the charset lacks. */
  | { readonly type: "refused"; readonly reason: string; readonly lost: readonly string[] };

/** A line break would begin a second command, half a command is a different one, and so is one with other characters. */
export function commandOf(text: string, settings: ConsoleSettings, form: CommandForm): Command {
  if (!settings.console) return refused("the profile does not open this tracker's console to texts (console)");
  const line = text.trimEnd();
  const { bytes, lost } = encodeText(line, form.charset);
  const possible = bytes.length > 0 && bytes.length <= form.maxBytes && lost.length === 0 && !/\p{Cc}/u.test(line);
  if (!possible) return refused(`a command is 1 to ${form.maxBytes} ${form.charset.toUpperCase()} characters on one line`, lost);
  const allowed = settings.allowedCommands;
  return allowed === null || allows(allowed, line)
    ? { type: "command", bytes }
    : refused("the profile allows other commands only (allowedCommands)");
}

export function previewCommand(text: string, settings: ConsoleSettings, form: CommandForm): Preview {
  const command = commandOf(text, settings, form);
  const preview = { charset: form.charset, bytesPerPart: form.maxBytes, parts: 1, lost: [] };
  if (command.type === "command") return { ...preview, empty: false };
  return { ...preview, lost: command.lost, empty: true, refusal: command.reason };
}

function refused(reason: string, lost: readonly string[] = []): Command {
  return { type: "refused", reason, lost };
}
