/** What the server says to a packet: mostly its own protocol number and serial, without content. */
import { REQUIRED, TYPE, UNANSWERED } from "./messages.ts";
import type { Settings } from "./profile.ts";
import { type Packet, writePacket } from "./wire.ts";

/** An address that is not known, and no phone (TRC): the device sends what it gets to its owner by SMS. */
const NO_ADDRESS = Buffer.from("NA&&NA&&0##");
const CHINESE = 1;
const LANGUAGE_BYTES = 2;

/** `now`: milliseconds since 1970; null: there is no clock. Null: nothing is said. */
export function answerTo(packet: Packet, settings: Settings, now: number | null): Buffer | null {
  const { type } = packet;
  if (type === TYPE.time) return now === null ? null : writePacket({ ...packet, content: timeContent(now) });
  if (type === TYPE.addressRequest) return settings.address === "silent" ? null : noAddress(packet);
  if (UNANSWERED.has(type) || (settings.answers === "required" && !REQUIRED.has(type))) return null;
  return echo(packet);
}

/** The same number and serial: a serial of our own breaks devices (TRC, issue 2453). Modules come long and are answered short (TRC). */
export function echo(packet: Packet): Buffer {
  const form = packet.type === TYPE.modules ? "short" : packet.form;
  return writePacket({ ...packet, form, content: NOTHING });
}

/** UTC: year of the century, month, day, hour, minute, second. */
function timeContent(now: number): Buffer {
  const time = new Date(now);
  const date = [time.getUTCFullYear() % 100, time.getUTCMonth() + 1, time.getUTCDate()];
  return Buffer.from([...date, time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()]);
}

/** The request ends with its language: Chinese has a packet of its own, all else goes into the English one. */
function noAddress({ serial, content }: Packet): Buffer {
  const chinese = content.length >= LANGUAGE_BYTES && content.readUInt16BE(content.length - LANGUAGE_BYTES) === CHINESE;
  const answer = Buffer.concat([Buffer.of(NO_ADDRESS.length, 0, 0, 0, 0), NO_ADDRESS]);
  if (chinese) return writePacket({ form: "short", type: TYPE.addressChinese, serial, content: answer });
  return writePacket({ form: "long", type: TYPE.addressEnglish, serial, content: answer });
}

const NOTHING = Buffer.alloc(0);
