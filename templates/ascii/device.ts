/** The device's side, for the simulator and the tests. */
import {
  type DeviceOptions,
  decodeText,
  encodeText,
  LineFramer,
  oneLine,
  type SimulatedDevice,
  simulatedDevice,
} from "../../src/core/index.ts";
import { LOGIN, MAX_LINE_BYTES, readLine, writeLine } from "./lines.ts";
import { PROFILE } from "./profile.ts";

export function asciiTemplateDevice(options: DeviceOptions): SimulatedDevice {
  const { charset } = PROFILE.settings(options.profile);
  return simulatedDevice(options, {
    framer: () => new LineFramer({ maxBytes: MAX_LINE_BYTES }),
    login: () => writeLine(LOGIN, options.deviceId, options.password ?? ""),
    text: (text, number) => writeLine("TEXT", String(number), encodeText(oneLine(text), charset).bytes),
    position: () => writeLine("HERE", "", ""),
    receipt: (tag, outcome) => writeLine(outcome === "accepted" ? "ACK" : "NAK", tag ?? "", ""),
    hear(frame) {
      const { word, number, rest } = readLine(frame);
      switch (word) {
        case "OK":
          return { type: "welcome" };
        case "NO":
          return { type: "refused", reason: "the gateway answered NO" };
        case "SAY":
          return { type: "text", text: decodeText(rest, charset).text, tag: number };
        case "GOT":
          return { type: "taken" };
        default:
          return { type: "puzzled", reason: `a line that begins with "${word.slice(0, 16)}"` };
      }
    },
  });
}
