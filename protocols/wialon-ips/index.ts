/** Wialon IPS 1.1, 2.0 and 2.1 over TCP; see README.md for sources, quirks and what is not supported. */
import { type Protocol, previewOf } from "../../src/core/index.ts";
import { WialonCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { WialonDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { MAX_BATCH_BYTES } from "./framer.ts";
import { CHARSETS, MAX_TEXT_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { redact } from "./redact.ts";
import { tee } from "./tee.ts";
import { outgoingText } from "./text.ts";

export const wialonIps: Protocol = {
  name: "wialon-ips",
  title: "Wialon IPS 1.1 / 2.0 / 2.1",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "in-order",
    read: false,
    choices: false,
    charsets: CHARSETS,
    maxBytes: MAX_TEXT_BYTES,
    window: 1,
    attempts: 3,
    unstored: "close",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  heldBytes: MAX_BATCH_BYTES,
  demo: { deviceId: "356307042441013" },
  tee,
  detect,
  connect: () => new WialonCodec(),
  preview: (text, profile) => previewOf(outgoingText(text, settingsOf(profile)), settingsOf(profile)),
  explain,
  redact,
  device: (options) => new WialonDevice(options),
};
