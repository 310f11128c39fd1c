/** Sharing a line with another Ruptela server: whose the packets are, either way. */
import type { Profile, Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { RuptelaFramer } from "./framer.ts";
import { DOWN, UP } from "./messages.ts";
import { settingsOf } from "./profile.ts";
import { LENGTH_BYTES, readUp } from "./wire.ts";

export const tee: TeeTerms = { login: "each", raw: (frame) => frame, listen: () => new RuptelaFramer("down"), up, down };

function up(frame: Buffer, profile: Profile): Shared {
  const parsed = readUp(frame);
  if (parsed.type === "bad") return "data";
  const { command } = parsed.packet;
  if (command === UP.reply && settingsOf(profile).console) return "ours";
  return command === UP.heartbeat || command === UP.identification ? "link" : "data";
}

/** A reply names no command. */
function down(frame: Buffer, profile: Profile): UpstreamSaid {
  return frame[LENGTH_BYTES] === DOWN.command && settingsOf(profile).console ? "order" : "pass";
}
