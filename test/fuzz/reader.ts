/** Those who read what was said without being on the line: the explainer, the redactor, the recogniser, and the simulated device. */
import type { Direction, Profile, Protocol } from "../../src/core/index.ts";

/** Frames explained of one input: explaining is for people, and slow. */
const EXPLAINED = 8;
const COVER = "x";

/** Cuts the chunks into frames as the tools do, explains and redacts them; throws what they throw. */
export function readAll(protocol: Protocol, direction: Direction, chunks: readonly Buffer[]): null {
  const framer = protocol.listen?.(direction) ?? protocol.connect().framer;
  protocol.detect((chunks[0] ?? Buffer.alloc(0)).subarray(0, 64));
  let explained = 0;
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk));
    for (let unit = framer.next(); unit !== null; unit = framer.next()) {
      if (unit.kind === "broken") return null;
      if (unit.kind !== "frame" || explained >= EXPLAINED) continue;
      explained += 1;
      const frame = Buffer.from(unit.bytes);
      protocol.explain(frame, direction);
      protocol.redact?.(frame, direction, () => COVER);
    }
  }
  return null;
}

/** The simulated device hears what no gateway says; throws what it throws. */
export function hearAsDevice(protocol: Protocol, profile: Profile, chunks: readonly Buffer[]): null {
  const device = protocol.device({
    deviceId: "13912345678",
    password: "secret",
    profile,
    receipts: "ok",
    lateMs: 0,
    reply: "re",
    keepAliveMs: 10_000,
  });
  let now = 0;
  device.connected(now);
  device.say("hello", now);
  for (const chunk of chunks) {
    device.received(Buffer.from(chunk), now);
    now += 2_000;
    device.tick(now);
  }
  return null;
}
