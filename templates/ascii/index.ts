/** ASCII template; see README.md for sources, quirks and what is not supported. */
import { beginsLike, type Protocol, previewOf, splitLine } from "../../src/core/index.ts";
import { AsciiTemplateCodec } from "./codec.ts";
import { asciiTemplateDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { LOGIN } from "./lines.ts";
import { CHARSETS, MAX_TEXT_BYTES, PROFILE } from "./profile.ts";

export const asciiTemplate: Protocol = {
  name: "ascii-template",
  title: "ASCII template",
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
  detect: (head) => beginsLike(head, [`${LOGIN},`]),
  connect: () => new AsciiTemplateCodec(),
  preview: (text, profile) => previewOf(splitLine(text, PROFILE.settings(profile)), PROFILE.settings(profile)),
  explain,
  device: asciiTemplateDevice,
};
