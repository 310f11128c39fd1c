/** A watch's settings for this protocol: where its sources disagree there is a switch, with the most likely value. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";

/** UTF-16 bytes in one MESSAGE that a profile may ask for; the maker names no limit. */
export const MAX_TEXT_BYTES = 1_000;

export interface Settings {
  readonly maxBytes: number;
  readonly commandMaker: string;
  readonly commandIndex: "0001" | "echo";
  readonly alarmReply: "echo" | "AL";
  readonly positionReply: "none" | "echo";
  readonly healthReply: "echo" | "none";
  readonly unknownReply: "none" | "echo";
  readonly media: "discard" | "note";
}

const DEFAULTS: Settings = {
  maxBytes: 190,
  commandMaker: "echo",
  commandIndex: "0001",
  alarmReply: "echo",
  positionReply: "none",
  healthReply: "echo",
  unknownReply: "none",
  media: "discard",
};

/** The settings of a checked profile; what is missing has its default. */
export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Watch",
  type: "object",
  additionalProperties: false,
  properties: {
    maxBytes: {
      type: "integer",
      minimum: 20,
      maximum: MAX_TEXT_BYTES,
      default: DEFAULTS.maxBytes,
      description: "UTF-16 bytes in one MESSAGE: 190 are 95 characters; longer texts are split",
    },
    commandMaker: {
      type: "string",
      pattern: "^(?:echo|[0-9A-Za-z]{2})$",
      default: DEFAULTS.commandMaker,
      description: "the two characters that texts begin with: those that the watch sends, or others (Traccar: SG for a 3G)",
    },
    commandIndex: {
      enum: ["0001", "echo"],
      default: DEFAULTS.commandIndex,
      description: "the index of texts to a watch that has one: always 0001 (Traccar), or the last that it sent",
    },
    alarmReply: {
      enum: ["echo", "AL"],
      default: DEFAULTS.alarmReply,
      description: "what an alarm is acknowledged by: its own word (AL, AL_LTE, ...), or always AL (Traccar)",
    },
    positionReply: {
      enum: ["none", "echo"],
      default: DEFAULTS.positionReply,
      description: "positions (UD, UD2, ...) are not answered, as the maker says, or by their own word",
    },
    healthReply: {
      enum: ["echo", "none"],
      default: DEFAULTS.healthReply,
      description: "bphrt, oxygen, btemp2 and heart are answered by their own word, or not at all (Traccar)",
    },
    unknownReply: {
      enum: ["none", "echo"],
      default: DEFAULTS.unknownReply,
      description: "words that no document knows are not answered, or by themselves",
    },
    media: {
      enum: ["discard", "note"],
      default: DEFAULTS.media,
      description: "voice and pictures are acknowledged and dropped, or a note that there was one is stored as a text",
    },
  },
};
