/** Small pieces that decoders of every protocol need. */
import type { Codec, Detection, Direction, ExplainedField, Explanation, Reading } from "./protocol.ts";

/** A frame that is not what the protocol says, with the answer that says so, if there is one. */
export function badFrame(reason: string, reply?: Buffer): Reading {
  const events = [{ type: "bad", reason }] as const;
  return reply === undefined ? { events } : { events, reply };
}

/** Does a connection begin with one of these? They are Latin-1. */
export function beginsLike(head: Buffer, starts: readonly string[]): Detection {
  const text = head.toString("latin1");
  if (starts.some((start) => text.startsWith(start))) return "yes";
  return starts.some((start) => start.startsWith(text)) ? "more" : "no";
}

/** Explains a device's frame by what its codec reads in it, secrets starred; our own as it is. */
export function explainReading(codec: Codec, frame: Buffer, direction: Direction): Explanation {
  if (direction === "down") return { title: "From the gateway", fields: [{ name: "bytes", value: shown(frame) }] };
  const { events } = codec.decode(frame);
  const fields = events.flatMap(({ type, ...rest }) => Object.entries(rest).map(([name, value]) => field(`${type}: ${name}`, value)));
  return { title: events.map(({ type }) => type).join(", ") || "nothing", fields };
}

function field(name: string, value: unknown): ExplainedField {
  return { name, value: name.endsWith(": password") && value !== null ? "***" : String(value) };
}

/** Text where it can be read. */
function shown(frame: Buffer): string {
  const text = frame.toString("latin1").trimEnd();
  return /^[\x20-\x7e]+$/.test(text) ? text : frame.toString("hex");
}
