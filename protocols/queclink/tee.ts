/** Sharing a line with another @Track server: whose the messages are, either way. */
import type { Profile, Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { QueclinkFramer } from "./framer.ts";
import { locationsIn } from "./location.ts";
import { type Message, readMessage } from "./message.ts";
import { portDataOf } from "./port-data.ts";
import { settingsOf } from "./profile.ts";

export const tee: TeeTerms = { login: "each", raw, listen: () => new QueclinkFramer("down"), up, down };

/** The framer drops the NUL that ends the frames of old devices. */
function raw(frame: Buffer): Buffer {
  return frame.at(-1) === DOLLAR || frame.at(-1) === LF ? frame : Buffer.concat([frame, NUL]);
}

function up(frame: Buffer, profile: Profile): Shared {
  const read = readMessage(frame);
  if (read.type === "bad") return "data";
  const { message } = read;
  const { head, name } = message;
  if (head === "ACK" || head === "NACK") return name === "DAT" ? "ours" : name === "HBD" ? "link" : "data";
  return isTalk(message, profile) ? "ours" : "data";
}

/** The long form of GTDAT brings a location. */
function isTalk(message: Message, profile: Profile): boolean {
  const { inner, fromPort } = settingsOf(profile);
  if (inner === "none" && fromPort === "ignore") return false;
  return portDataOf(message) !== null && locationsIn(message.body).length === 0;
}

/** Its acknowledgement says by a serial number which GTDAT it means, and servers count from where they like. */
function down(frame: Buffer): UpstreamSaid {
  return PORT_COMMAND.test(frame.toString("latin1", 0, PORT_COMMAND_BYTES)) ? "order" : "pass";
}

const PORT_COMMAND = /^AT(?:\+GT|@)DAT=/;
const PORT_COMMAND_BYTES = 9;
const NUL = Buffer.of(0);
const LF = 0x0a;
const DOLLAR = 0x24;
