/** Framer and codec alone, without the session around them: many times as many inputs in the same time, and nothing but throwing and hoarding to look for. */
import type { Profile, Protocol, Reading, Verdict } from "../../src/core/index.ts";

/** Bytes that a codec may hold back of a frame: the largest bound of any protocol, and a chunk. */
export const HELD_BYTES = 1024 * 1024 + 64 * 1024;

const NOW = 1_795_305_600_000;
const ENVIRONMENT = { wallClock: () => NOW };

/** What must not happen; null: it did not. Throws what the codec throws. */
export function decodeAll(protocol: Protocol, profile: Profile, chunks: readonly Buffer[]): string | null {
  const codec = protocol.connect(ENVIRONMENT);
  const { framer } = codec;
  const answer = (reading: Reading): void => {
    const hello = reading.events.find((event) => event.type === "hello");
    const identity = { trackerId: 1, deviceId: hello?.key ?? "1", profile, secret: null };
    if (hello?.scope === "login") codec.identified(identity);
    const verdict: Verdict = { type: "accepted", identity };
    if (typeof reading.reply === "function") reading.reply(verdict);
  };
  let now = 0;
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let unit = framer.next(); unit !== null; unit = framer.next()) {
      if (unit.kind === "broken") return null;
      if (unit.kind === "frame") answer(codec.decode(unit.bytes));
    }
    if (framer.buffered > HELD_BYTES) return `holds back ${framer.buffered} bytes`;
    now += 1_000;
    codec.tick?.(now);
  }
  return null;
}
