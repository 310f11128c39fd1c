/** A tracker's settings for GT06: what the sources leave open is a switch here. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { CONSOLE_DEFAULTS, CONSOLE_PROPERTIES, type ConsoleSettings } from "../console/profile.ts";

export interface Settings extends ConsoleSettings {
  readonly language: "none" | "chinese" | "english";
  readonly coding: "declared" | "ascii" | "utf16be";
  readonly zeroFlag: "unasked" | "waiting";
  readonly answers: "all" | "required";
  readonly address: "dummy" | "silent";
}

export const DEFAULTS: Settings = {
  ...CONSOLE_DEFAULTS,
  language: "none",
  coding: "declared",
  zeroFlag: "unasked",
  answers: "all",
  address: "dummy",
};

export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "GT06",
  type: "object",
  additionalProperties: false,
  properties: {
    ...CONSOLE_PROPERTIES,
    language: {
      enum: ["none", "chinese", "english"],
      default: DEFAULTS.language,
      description: "language behind a command; the document has one, its own example and other servers have none",
    },
    coding: {
      enum: ["declared", "ascii", "utf16be"],
      default: DEFAULTS.coding,
      description: "of a reply 0x21: what its coding byte declares, or that byte means something else and the text is always this",
    },
    zeroFlag: {
      enum: ["unasked", "waiting"],
      default: DEFAULTS.zeroFlag,
      description: "a reply with flag 0 was not asked for; waiting: the device forgets flags, it answers the command that waits",
    },
    answers: {
      enum: ["all", "required"],
      default: DEFAULTS.answers,
      description: "answer everything but 0x94, replies and serial data, or only what devices are known to wait for",
    },
    address: {
      enum: ["dummy", "silent"],
      default: DEFAULTS.address,
      description: "a request for an address, which the device sends on by SMS: answered without an address, or not at all",
    },
  },
};
