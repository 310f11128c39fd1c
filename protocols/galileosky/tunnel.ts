/** The Garmin tunnel: `06 | length | FMI packet | CRC` (manual v5.1, p. 92); what it looks like downwards was cut off there. */
import type { Settings } from "./profile.ts";
import { writePacket } from "./wire.ts";

const DLE = 0x10;
const END = Buffer.of(DLE, 0x03);

/** Down: what the navigator's side wants sent. */
export function wrap(payload: Buffer, { tunnelHead, tunnelFraming }: Pick<Settings, "tunnelHead" | "tunnelFraming">): Buffer {
  return writePacket(tunnelHead, tunnelFraming === "serial" ? payload : bare(payload));
}

/** Up: as it travels on the navigator's serial line. */
export function unwrap(body: Buffer, { tunnelFraming }: Pick<Settings, "tunnelFraming">): Buffer {
  return tunnelFraming === "serial" ? body : serial(body);
}

/** `10 id size payload checksum 10 03`, every 10 after the id doubled, becomes `id size payload checksum`. */
function bare(frame: Buffer): Buffer {
  const bytes: number[] = [];
  for (let at = 1; at < frame.length - END.length; at += frame[at] === DLE ? 2 : 1) bytes.push(frame[at] ?? 0);
  return Buffer.from(bytes);
}

function serial(packet: Buffer): Buffer {
  const [id = 0] = packet;
  const stuffed = [...packet.subarray(1)].flatMap((byte) => (byte === DLE ? [DLE, DLE] : [byte]));
  return Buffer.concat([Buffer.of(DLE, id), Buffer.from(stuffed), END]);
}
