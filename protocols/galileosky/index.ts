/** Galileosky over TCP: a carrier for a Garmin navigator, else a tracker whose interpreter takes commands. See README.md. */
import type { Capabilities, Preview, Profile, Protocol } from "../../src/core/index.ts";
import { previewInner } from "../carried/index.ts";
import { DEFAULT_TEXT_BYTES } from "../carried/profile.ts";
import { previewCommand } from "../console/command.ts";
import { GalileoskyCodec } from "./codec.ts";
import { formOf, MAX_COMMAND_BYTES } from "./commands.ts";
import { detect } from "./detect.ts";
import { GalileoskyDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { GalileoskyFramer } from "./framer.ts";
import { Listener } from "./listener.ts";
import { PROFILE_SCHEMA, settingsOf } from "./profile.ts";

export const galileosky: Protocol = {
  name: "galileosky",
  title: "Galileosky, a console, or a chat with a Garmin",
  capabilities: {
    textDown: "console",
    textUp: false,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: ["ascii", "cp1251", "utf8"],
    maxBytes: MAX_COMMAND_BYTES,
    window: 1,
    // Each delivery is executed.
    attempts: 3,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  under,
  detect,
  connect: (environment = {}) => new GalileoskyCodec(environment),
  preview,
  listen: (direction) => (direction === "up" ? new GalileoskyFramer() : new Listener()),
  explain,
  device: (options) => new GalileoskyDevice(options),
};

/** With a navigator behind the tunnel it is a chat. */
function under(profile: Profile): Partial<Capabilities> {
  if (settingsOf(profile).inner === "none") return {};
  return { textDown: "chat", textUp: true, read: true, choices: true, maxBytes: DEFAULT_TEXT_BYTES, attempts: 10 };
}

function preview(text: string, profile: Profile): Preview {
  const settings = settingsOf(profile);
  return previewInner(text, settings) ?? previewCommand(text, settings, formOf(settings));
}
