/** Queclink @Track (GV, GL): texts for whatever is attached to the tracker's serial port; see README.md. */
import type { Preview, Profile, Protocol } from "../../src/core/index.ts";
import { previewInner } from "../carried/index.ts";
import { INNER_CHARSETS } from "../carried/profile.ts";
import { QueclinkCodec } from "./codec.ts";
import { detect } from "./detect.ts";
import { QueclinkDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { QueclinkFramer } from "./framer.ts";
import { previewPlain } from "./plain-text.ts";
import { lineSettings, MAX_DATA_BYTES, PROFILE_SCHEMA, settingsOf } from "./profile.ts";
import { redact } from "./redact.ts";
import { tee } from "./tee.ts";

export const queclink: Protocol = {
  name: "queclink",
  title: "Queclink @Track (GV, GL)",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: ["ascii", ...INNER_CHARSETS.filter((name) => name !== "ascii")],
    maxBytes: MAX_DATA_BYTES,
    window: 4,
    attempts: 10,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  tee,
  detect,
  connect: () => new QueclinkCodec(),
  preview,
  listen: (direction) => new QueclinkFramer(direction),
  explain,
  redact,
  device: (options) => new QueclinkDevice(options),
};

function preview(text: string, profile: Profile): Preview {
  const settings = settingsOf(profile);
  const plain = (): Preview => previewPlain(text, settings.maxBytes);
  return settings.inner === "line" ? (previewInner(text, lineSettings(settings)) ?? plain()) : plain();
}
