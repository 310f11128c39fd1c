/** Watches of the SeTracker / Beesure kind over TCP: texts on their screen (MESSAGE); see README.md. */
import type { Protocol } from "../../src/core/index.ts";
import { WatchCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { WatchDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { MAX_TEXT_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { tee } from "./tee.ts";
import { preview } from "./text.ts";

export const watch: Protocol = {
  name: "watch",
  title: "Watch / SeTracker: MESSAGE",
  capabilities: {
    textDown: "chat",
    // Voice and pictures only.
    textUp: false,
    receipts: "in-order",
    read: false,
    choices: false,
    charsets: ["utf16be"],
    maxBytes: MAX_TEXT_BYTES,
    window: 1,
    attempts: 3,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  tee,
  detect,
  connect: () => new WatchCodec(),
  preview: (text, profile) => preview(text, settingsOf(profile)),
  explain,
  device: (options) => new WatchDevice(options),
};
