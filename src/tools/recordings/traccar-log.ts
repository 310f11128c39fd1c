/**
 * Lines of Traccar's tracker-server.log, from 2013 to now: `[5003 <- 213.0.0.1] - (HEX: 23..)`, `[7EBEDB62: 5056 < 1.2.3.4] HEX: 2a..`,
 * `[T7ebedb62: gt06 < 1.2.3.4] 7878..`, and printable bytes as text with \r and \n (traccar, StandardLoggingHandler).
 */
import { ByName, hexBytes, timeOf } from "./by-name.ts";
import type { Recording } from "./recording.ts";

const LINE = /\[(?:([TU]?[0-9a-f]{8}): )?([\w.-]+) (<-|->|<|>) ([^\]\s]+)\](?: -)? (.+)/iu;
const HEX_MARK = /^\(?HEX: /iu;

export function readTraccarLog(lines: readonly string[]): readonly Recording[] {
  const recordings = new ByName();
  for (const line of lines) {
    const [, session, port = "", arrow = "", address = "", said = ""] = LINE.exec(line) ?? [];
    const bytes = said === "" ? null : bytesOf(said);
    if (bytes === null) continue;
    const direction = arrow.startsWith("<") ? "up" : "down";
    recordings.add(session ?? `${port} ${address}`, { direction, bytes, at: timeOf(line) });
  }
  return recordings.recordings;
}

function bytesOf(said: string): Buffer | null {
  const marked = HEX_MARK.test(said);
  const bytes = hexBytes(said.replace(HEX_MARK, "").replace(/\)$/u, ""));
  if (bytes !== null || marked) return bytes;
  return Buffer.from(
    said.replaceAll(/\\([rn])/gu, (_, end: string) => (end === "r" ? "\r" : "\n")),
    "latin1",
  );
}
