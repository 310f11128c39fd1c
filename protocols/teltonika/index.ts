/** Teltonika over TCP, codecs 8, 8E, 16 and 12 to 15: a carrier for a terminal or a navigator at its serial port. */
import type { Capabilities, Detection, Preview, Profile, Protocol } from "../../src/core/index.ts";
import { previewInner } from "../carried/index.ts";
import { DEFAULT_TEXT_BYTES, INNER_CHARSETS } from "../carried/profile.ts";
import { previewCommand } from "../console/command.ts";
import { TeltonikaCodec } from "./codec.ts";
import { COMMAND_FORM } from "./console.ts";
import { TeltonikaDevice } from "./device.ts";
import { explain } from "./explain.ts";
import { PROFILE_SCHEMA, settings } from "./profile.ts";
import { tee } from "./tee.ts";

export const teltonika: Protocol = {
  name: "teltonika",
  title: "Teltonika (codecs 8, 8E, 16, 12 to 15)",
  capabilities: {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: true,
    choices: true,
    charsets: INNER_CHARSETS,
    maxBytes: DEFAULT_TEXT_BYTES,
    window: 1,
    attempts: 10,
    unstored: "silence",
    motion: true,
  },
  profile: PROFILE_SCHEMA,
  under,
  tee,
  detect,
  connect: (environment = {}) => new TeltonikaCodec(environment),
  preview,
  explain,
  device: (options) => new TeltonikaDevice(options),
};

/** Nothing that shows texts at the port: what remains is the tracker's own console, where commands are executed again. */
function under(profile: Profile): Partial<Capabilities> {
  if (settings(profile).inner !== "none") return {};
  return { textDown: "console", textUp: false, read: false, choices: false, maxBytes: COMMAND_FORM.maxBytes, attempts: 3 };
}

/** A login with an IMEI of 15 digits, keep-alives before it. */
function detect(head: Buffer): Detection {
  let at = 0;
  while (head[at] === 0xff) at += 1;
  const login = head.subarray(at, at + LOGIN_BYTES).toString("latin1");
  const like = LOGIN.slice(0, login.length);
  for (let index = 0; index < login.length; index += 1) {
    const digit = like[index] === "0";
    if (digit ? !/[0-9]/.test(login[index] ?? "") : login[index] !== like[index]) return "no";
  }
  return login.length === LOGIN_BYTES ? "yes" : "more";
}

const LOGIN = `\0\x0f${"0".repeat(15)}`;
const LOGIN_BYTES = LOGIN.length;

function preview(text: string, profile: Profile): Preview {
  const own = settings(profile);
  return previewInner(text, own) ?? previewCommand(text, own, COMMAND_FORM);
}
