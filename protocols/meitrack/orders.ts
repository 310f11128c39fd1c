/** A dispatcher's text as commands: C13 or C10 for an LCD, D76 for a Garmin navigator. */
import type { Encoded, Order, Part } from "../../src/core/index.ts";
import { fmiTime } from "../garmin-fmi/bodies.ts";
import { messageId } from "../garmin-fmi/message-id.ts";
import { navigatorData } from "./navigator.ts";
import type { Settings } from "./profile.ts";
import { outgoingText } from "./text.ts";
import { writePacket } from "./wire.ts";

export interface Speech {
  readonly settings: Settings;
  readonly imei: string;
  /** Milliseconds since 1970; null: nobody knows. */
  readonly now: number | null;
  /** The letter of a part, by its tag and number. */
  readonly letter: (tag: string, command: string, number: number) => string;
  /** A part has this id in the navigator. */
  readonly named: (id: string, tag: string) => void;
}

export function encodeOrder(order: Order, speech: Speech): Encoded {
  const { settings } = speech;
  const { parts, lost, empty } = outgoingText(order.text, settings);
  if (empty || parts[0] === undefined) return { type: "refused", reason: `nothing of this text can be written in ${nameOf(settings)}` };
  const [first, ...rest] = parts.map((text, index) => part(text, order, index, speech)) as [Part, ...Part[]];
  return { type: "parts", parts: [first, ...rest], altered: lost.length > 0 };
}

function part(text: Buffer, order: Order, index: number, speech: Speech): Part {
  const { settings, imei } = speech;
  const command = settings.inner === "garmin-fmi" ? "D76" : settings.command;
  const number = order.tag + index;
  // Tags are not reserved for as many parts as a transliteration may need.
  const tag = `${order.tag}.${index}`;
  const letter = speech.letter(tag, command, number);
  const data = command === "D76" ? toNavigator(text, tag, number, speech) : toLcd(text, order.urgent, settings);
  return { bytes: writePacket({ direction: "down", letter, imei, command, data }), tag: settings.letters === "oldest" ? null : tag };
}

function toLcd(text: Buffer, urgent: boolean, { command, sender, charset }: Settings): Buffer {
  const fields = [urgent ? "1" : "0", ...(command === "C10" ? [sender] : []), charset === "ascii" ? "E" : "U"];
  return Buffer.concat([Buffer.from(`${fields.join(",")},`, "latin1"), text]);
}

function toNavigator(text: Buffer, tag: string, number: number, { settings, now, named }: Speech): Buffer {
  const id = messageId(number, text.toString("latin1"));
  named(id, tag);
  return navigatorData({ time: fmiTime(now), id, text, port: settings.navigatorPort });
}

function nameOf({ inner, charset }: Settings): string {
  return inner === "none" ? charset : "utf16be";
}
