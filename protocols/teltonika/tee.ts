/** Sharing a line with another Teltonika server: whose the frames are, either way. The keep-alive FF is not relayed. */
import type { Profile, Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { settings } from "./profile.ts";
import { UpstreamFramer } from "./upstream-framer.ts";
import { CODEC, FRAME_OVERHEAD, HEAD_BYTES, readUnit, TYPE } from "./wire.ts";

export const tee: TeeTerms = { login: "once", raw: (frame) => frame, listen: () => new UpstreamFramer(), up, down };

/** Messages are the terminal's, or the replies of a console that is open. */
function up(frame: Buffer, profile: Profile): Shared {
  const unit = readUnit(frame);
  if (unit.kind !== "message") return "data";
  const { inner, console, camera } = settings(profile);
  if (inner === "none") return console ? "ours" : "data";
  const other = (camera && unit.message.type === TYPE.camera) || unit.message.codec === CODEC.addressed;
  return other ? "data" : "ours";
}

/** A reply names no command: one of the upstream's would be taken for one of ours, or for a line of the terminal. */
function down(frame: Buffer, profile: Profile): UpstreamSaid {
  if (frame.length === 1) return frame[0] === ACCEPTED ? "welcome" : "refusal";
  if (frame.length < FRAME_OVERHEAD) return "pass";
  const { inner, console } = settings(profile);
  const apart = inner !== "none" && frame[HEAD_BYTES] === CODEC.addressed;
  return apart || (inner === "none" && !console) ? "pass" : "order";
}

const ACCEPTED = 1;
