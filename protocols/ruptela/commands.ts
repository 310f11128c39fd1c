/** Commands to the interpreter: 0x6C, the way of an SMS over GPRS. */
import type { Encoded, Order, Preview, Profile } from "../../src/core/index.ts";
import { type CommandForm, commandOf, previewCommand } from "../console/command.ts";
import { DOWN } from "./messages.ts";
import { type Settings, settingsOf } from "./profile.ts";
import { writeDown } from "./wire.ts";

export function encodeOrder(order: Order, settings: Settings): Encoded {
  const command = commandOf(order.text, settings, formOf(settings));
  if (command.type === "refused") return command;
  const bytes = writeDown(DOWN.command, Buffer.concat([Buffer.from(settings.prefix, "ascii"), command.bytes]));
  return { type: "parts", parts: [{ bytes, tag: null }], altered: false };
}

export function preview(text: string, profile: Profile): Preview {
  const settings = settingsOf(profile);
  return previewCommand(text, settings, formOf(settings));
}

function formOf({ prefix, maxBytes }: Settings): CommandForm {
  return { charset: "ascii", maxBytes: maxBytes - prefix.length };
}
