/** For protocols that leave nothing open but how texts are written: what they can do, and their trackers' settings. */
import type { CharsetName } from "./charset.ts";
import type { TextSettings } from "./outgoing.ts";
import type { Capabilities, Profile, ProfileSchema } from "./protocol.ts";

/** What a plain protocol can do: texts both ways, ours one at a time, each with a receipt that names it. */
export const PLAIN_CHAT = {
  textDown: "chat",
  textUp: true,
  receipts: "by-tag",
  read: false,
  choices: false,
  window: 1,
  attempts: 10,
  unstored: "silence",
} as const satisfies Omit<Capabilities, "charsets" | "maxBytes">;

/** A part has room for one character at least, however many code points it has. */
const MIN_BYTES = 20;

export interface TextProfile {
  readonly schema: ProfileSchema;
  /** Of a checked profile; what is missing has its default. */
  settings(profile: Profile): TextSettings;
}

/** The first charset and all the bytes are the defaults. */
export function textProfile({ charsets, maxBytes }: Pick<Capabilities, "charsets" | "maxBytes">): TextProfile {
  const properties = {
    charset: { enum: charsets, default: charsets[0], description: "charset of texts, both ways" },
    maxBytes: { type: "integer", minimum: MIN_BYTES, maximum: maxBytes, default: maxBytes, description: "text bytes in one part" },
    receipts: {
      enum: ["device", "implied"],
      default: "device",
      description: "implied: for devices that never acknowledge, delivery is inferred from the order of TCP bytes",
    },
  };
  return {
    schema: { $schema: "http://json-schema.org/draft-07/schema#", type: "object", additionalProperties: false, properties },
    settings: ({ charset, maxBytes: own }) => ({
      charset: charsets.find((name: CharsetName) => name === charset) ?? charsets[0],
      maxBytes: typeof own === "number" ? own : maxBytes,
    }),
  };
}
