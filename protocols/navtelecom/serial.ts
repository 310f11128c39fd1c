/** Lines of text from a device's serial ports (`~P`), when the tracker's profile says that a keyboard hangs there. */
import { type DeviceEvent, decodeText } from "../../src/core/index.ts";

/** One text a line; a line is not continued in the next message. */
export function serialTexts(data: Buffer): readonly DeviceEvent[] {
  const { text, lossy } = decodeText(data, "cp1251");
  const lines = text.replaceAll("\0", "").split(/[\r\n]+/);
  return lines.filter((line) => line.trim() !== "").map((line) => ({ type: "text", text: line, serial: null, lossy }));
}
