/** EGTS (GOST R 54619-2011, GOST 33472-2015, order 285 of the Russian ministry of transport): texts in the commands service. */
import type { Protocol } from "../../src/core/index.ts";
import { EgtsCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { EgtsDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { CHARSETS, DEFAULT_TEXT_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { redact } from "./redact.ts";
import { previewText } from "./text.ts";

export const egts: Protocol = {
  name: "egts",
  title: "EGTS (GOST R 54619, GOST 33472)",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: true,
    choices: false,
    charsets: CHARSETS,
    maxBytes: DEFAULT_TEXT_BYTES,
    window: 4,
    attempts: 10,
    unstored: "silence",
  },
  profile: PROFILE_SCHEMA,
  detect,
  connect: () => new EgtsCodec(),
  preview: (text, profile) => previewText(text, settingsOf(profile)),
  explain,
  redact,
  device: (options) => new EgtsDevice(options),
};
