/** Meitrack over TCP: texts for an LCD (C13, C10), or for a Garmin navigator at a T622 (D76, D75); see README.md. */
import type { Framer, Protocol } from "../../src/core/index.ts";
import { MeitrackCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { MeitrackDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { MeitrackFramer } from "./framer.ts";
import { WINDOW } from "./letters.ts";
import { MAX_LCD_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { tee } from "./tee.ts";
import { preview } from "./text.ts";

export const meitrack: Protocol = {
  name: "meitrack",
  title: "Meitrack: C13 and C10 to an LCD, D75 and D76 of a T622",
  capabilities: {
    textDown: "chat",
    // From a navigator only.
    textUp: true,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: ["ascii", "utf16be"],
    maxBytes: MAX_LCD_BYTES,
    window: WINDOW,
    attempts: 3,
    unstored: "close",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  // Letters that mean nothing tell no two texts apart.
  under: (profile) => (settingsOf(profile).letters === "oldest" ? { receipts: "in-order", window: 1 } : {}),
  tee,
  detect,
  connect: (environment = {}) => new MeitrackCodec(environment),
  preview: (text, profile) => preview(text, settingsOf(profile)),
  listen: (direction): Framer => new MeitrackFramer(direction),
  explain,
  device: (options) => new MeitrackDevice(options),
};
