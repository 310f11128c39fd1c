/** GT06 of Concox, Jimi and their many copies: a tracker without a screen, whose interpreter takes commands. See README.md. */
import type { Protocol } from "../../src/core/index.ts";
import { previewCommand } from "../console/command.ts";
import { Gt06Codec } from "./codec.ts";
import { formOf, MAX_COMMAND_BYTES } from "./commands.ts";
import { detect } from "./detect.ts";
import { Gt06Device } from "./device.ts";
import { explain } from "./explain.ts";
import { PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { tee } from "./tee.ts";

export const gt06: Protocol = {
  name: "gt06",
  title: "GT06 (Concox, Jimi), a console",
  capabilities: {
    textDown: "console",
    textUp: false,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: ["ascii"],
    maxBytes: MAX_COMMAND_BYTES,
    window: 1,
    // Each delivery is executed.
    attempts: 3,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  tee,
  detect,
  connect: (environment = {}) => new Gt06Codec(environment),
  preview: (text, profile) => previewCommand(text, settingsOf(profile), formOf(settingsOf(profile))),
  explain,
  device: (options) => new Gt06Device(options),
};
