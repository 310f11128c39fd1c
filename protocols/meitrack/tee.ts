/** Sharing a line with another Meitrack server: whose the packets are, either way. */
import type { Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { MeitrackFramer } from "./framer.ts";
import { readPacket } from "./wire.ts";

export const tee: TeeTerms = { login: "each", raw: (frame) => frame, listen: () => new MeitrackFramer("down"), up, down };

function up(frame: Buffer): Shared {
  const command = commandIn(frame);
  return command === DRIVER_TEXT || TEXTS.has(command) ? "ours" : "data";
}

/** A result names its command by one letter, and servers count letters from where they like. */
function down(frame: Buffer): UpstreamSaid {
  return TEXTS.has(commandIn(frame)) ? "order" : "pass";
}

function commandIn(frame: Buffer): string {
  const read = readPacket(frame);
  return read.type === "packet" ? read.packet.command : "";
}

const DRIVER_TEXT = "D75";
const TEXTS: ReadonlySet<string> = new Set(["C13", "C10", "D76"]);
