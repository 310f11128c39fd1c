/** What a framer makes of bytes. */
import type { Framed, Framer } from "../../src/core/index.ts";

/** Every unit there is now, copied; `broken` is the last. */
export function unitsOf(framer: Framer, bytes: Buffer): readonly Framed[] {
  const units: Framed[] = [];
  framer.push(bytes);
  for (let unit = framer.next(); unit !== null; unit = framer.next()) {
    units.push(unit.kind === "broken" ? unit : { ...unit, bytes: Buffer.from(unit.bytes) });
    if (unit.kind === "broken") break;
  }
  return units;
}
