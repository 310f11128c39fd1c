/** Navtelecom NTCB and FLEX 1.0 to 3.0 with the driver's display DV-01; see README.md for sources, quirks and what is not supported. */
import type { Protocol } from "../../src/core/index.ts";
import { NavtelecomCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { NavtelecomDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { MAX_FRAME_BYTES } from "./flex-length.ts";
import { Listener } from "./listener.ts";
import { previewText } from "./orders.ts";
import { MAX_TEXT_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";

export const navtelecom: Protocol = {
  name: "navtelecom",
  title: "Navtelecom NTCB / FLEX 1.0, 2.0, 3.0",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "in-order",
    read: true,
    choices: true,
    // The display has one; the others are for lines at a serial port.
    charsets: ["cp1251", "utf8", "ascii", "latin1"],
    maxBytes: MAX_TEXT_BYTES,
    window: 1,
    attempts: 3,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  heldBytes: MAX_FRAME_BYTES,
  detect,
  connect: (environment = {}) => new NavtelecomCodec(environment),
  preview: (text, profile) => previewText(text, settingsOf(profile)),
  listen: (direction) => new Listener(direction),
  explain,
  device: (options) => new NavtelecomDevice(options),
};
