/** Effects as text. */
import type { Effect } from "../../src/core/index.ts";

/** An effect in full, for comparing. */
export function told(effect: Effect): string {
  switch (effect.type) {
    case "write":
      return `write ${effect.bytes.toString("latin1")}`;
    case "note":
      return `note ${effect.kind} ${effect.reason} ${effect.bytes?.toString("latin1")}`;
    case "passed":
      return effect.type;
    case "close":
      return `close ${effect.reason}`;
    default:
      return JSON.stringify(effect, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      );
  }
}

/** What kind of effect it is, and of what reason or size. */
export function featureOf(effect: Effect): string {
  switch (effect.type) {
    case "note":
      return `note ${effect.kind} ${plain(effect.reason)}`;
    case "close":
      return `close ${effect.reason}`;
    case "write":
      return `write ${Math.min(7, 32 - Math.clz32(effect.bytes.length))}`;
    case "drain":
      return `drain ${effect.settlements.map(({ type }) => type).join(" ")}`;
    default:
      return effect.type;
  }
}

/** How a reason begins, without what the input put into it. */
export function plain(reason: string): string {
  let end = 0;
  while (end < 24 && isPlain(reason.charCodeAt(end))) end += 1;
  return reason.slice(0, end);
}

function isPlain(code: number): boolean {
  return code === 0x20 || (code >= 0x61 && code <= 0x7a);
}
