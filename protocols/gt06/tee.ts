/** Sharing a line with another GT06 server: whose the packets are, either way. */
import type { Profile, Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { Gt06Framer } from "./framer.ts";
import { TYPE } from "./messages.ts";
import { settingsOf } from "./profile.ts";
import { readPacket } from "./wire.ts";

export const tee: TeeTerms = { login: "once", raw: (frame) => frame, listen: () => new Gt06Framer(), up, down };

/** What the interpreter says is said to whoever may command it. */
function up(frame: Buffer, profile: Profile): Shared {
  const type = typeOf(frame);
  if (REPLIES.has(type)) return settingsOf(profile).console ? "ours" : "data";
  return LINK.has(type) ? "link" : "data";
}

/** Other servers' flags are often 0, which devices and `zeroFlag` read as "the last command". */
function down(frame: Buffer, profile: Profile): UpstreamSaid {
  const type = typeOf(frame);
  if (type === TYPE.login) return "welcome";
  return COMMANDS.has(type) && settingsOf(profile).console ? "order" : "pass";
}

/** 0: it is no packet. */
function typeOf(frame: Buffer): number {
  const parsed = readPacket(frame);
  return parsed.type === "packet" ? parsed.packet.type : 0;
}

const REPLIES: ReadonlySet<number> = new Set([TYPE.stringNew, TYPE.stringOld]);
const COMMANDS: ReadonlySet<number> = new Set([TYPE.command, TYPE.inquiry1, TYPE.inquiry2]);
/** 0x36 is a photo on some devices. */
const LINK: ReadonlySet<number> = new Set([TYPE.heartbeat, TYPE.heartbeatGk, TYPE.time]);
