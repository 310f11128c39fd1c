/** Ruptela: a tracker without a screen, whose interpreter takes commands. See README.md. */
import type { Protocol } from "../../src/core/index.ts";
import { RuptelaCodec } from "./codec.ts";
import { preview } from "./commands.ts";
import { detect } from "./detect.ts";
import { RuptelaDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { RuptelaFramer } from "./framer.ts";
import { DEFAULT_COMMAND_BYTES, PROFILE_SCHEMA } from "./profile.ts";
import { tee } from "./tee.ts";

/** Some commands take their time, and nothing but the order tells replies apart. */
const RECEIPT_MS = 60_000;

export const ruptela: Protocol = {
  name: "ruptela",
  title: "Ruptela, a console",
  capabilities: {
    textDown: "console",
    textUp: false,
    receipts: "in-order",
    read: false,
    choices: false,
    charsets: ["ascii"],
    maxBytes: DEFAULT_COMMAND_BYTES,
    window: 1,
    // Each delivery is executed.
    attempts: 3,
    receiptMs: RECEIPT_MS,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  tee,
  detect,
  connect: () => new RuptelaCodec(),
  preview,
  listen: (direction) => new RuptelaFramer(direction),
  explain,
  device: (options) => new RuptelaDevice(options),
};
