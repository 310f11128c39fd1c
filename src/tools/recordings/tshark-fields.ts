/** What tshark prints of a packet capture: one line a TCP segment, the fields of `TSHARK_FIELDS` behind tabs. */
import { ByName, hexBytes } from "./by-name.ts";
import type { Recording } from "./recording.ts";

const TSHARK_FIELDS = ["tcp.stream", "frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.payload"] as const;
/** Segments that came twice would be said twice. */
const FILTER = "tcp.len > 0 && !tcp.analysis.retransmission && !tcp.analysis.spurious_retransmission";

/** The arguments with which tshark reads this capture for `readTsharkFields`. */
export function tsharkArguments(file: string): readonly string[] {
  return ["-n", "-r", file, "-Y", FILTER, "-T", "fields", ...TSHARK_FIELDS.flatMap((field) => ["-e", field])];
}

/** Devices speak first: whoever does in a stream is the device. */
export function readTsharkFields(lines: readonly string[]): readonly Recording[] {
  const recordings = new ByName();
  const devices = new Map<string, string>();
  for (const line of lines) {
    const segment = readSegment(line);
    if (segment === null) continue;
    const { stream, source, bytes, at } = segment;
    const device = devices.get(stream) ?? source;
    devices.set(stream, device);
    recordings.add(`${stream} ${device}`, { direction: source === device ? "up" : "down", bytes, at });
  }
  return recordings.recordings;
}

interface Segment {
  readonly stream: string;
  readonly source: string;
  readonly bytes: Buffer;
  readonly at: number | null;
}

function readSegment(line: string): Segment | null {
  const fields = line.split("\t");
  const [stream = "", time = "", source, sourcePort, , , payload = ""] = fields;
  if (fields.length !== TSHARK_FIELDS.length || !/^\d+$/u.test(stream)) return null;
  const bytes = hexBytes(payload);
  if (bytes === null) return null;
  const at = Math.round(Number(time) * 1_000);
  return { stream, source: `${source}:${sourcePort}`, bytes, at: Number.isFinite(at) ? at : null };
}
