/** Binary template; see README.md for sources, quirks and what is not supported. */
import { type Protocol, previewOf, splitLine } from "../../src/core/index.ts";
import { BinaryTemplateCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { binaryTemplateDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { CHARSETS, MAX_TEXT_BYTES, PROFILE } from "./profile.ts";

export const binaryTemplate: Protocol = {
  name: "binary-template",
  title: "Binary template",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: CHARSETS,
    maxBytes: MAX_TEXT_BYTES,
    window: 1,
    attempts: 10,
    unstored: "silence",
  },
  profile: PROFILE.schema,
  detect,
  connect: () => new BinaryTemplateCodec(),
  preview: (text, profile) => previewOf(splitLine(text, PROFILE.settings(profile)), PROFILE.settings(profile)),
  explain,
  device: binaryTemplateDevice,
};
