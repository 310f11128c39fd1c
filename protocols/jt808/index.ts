/** JT/T 808 (2011, 2013, 2019): the Chinese standard for vehicle terminals, and the vendors' ways to send text up. */
import type { Protocol } from "../../src/core/index.ts";
import { Jt808Codec } from "./codec.ts";
import { detect } from "./detect.ts";
import { Jt808Device } from "./device.ts";
import { explain } from "./explain.ts";
import { previewText } from "./orders.ts";
import { CHARSETS, DEFAULT_TEXT_BYTES, PROFILE_SCHEMA, settings } from "./profile.ts";
import { redact } from "./redact.ts";
import { tee } from "./tee.ts";

export const jt808: Protocol = {
  name: "jt808",
  title: "JT/T 808 (2011, 2013, 2019)",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: false,
    choices: true,
    charsets: CHARSETS,
    maxBytes: DEFAULT_TEXT_BYTES,
    window: 4,
    attempts: 10,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  demo: { deviceId: "13912345678" },
  tee,
  detect,
  connect: (environment = {}) => new Jt808Codec(environment),
  preview: (text, profile) => previewText(text, settings(profile)),
  explain,
  redact,
  device: (options) => new Jt808Device(options),
};
