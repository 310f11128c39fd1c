/** Texts that tell which text and part they are, so that a device needs nothing but what it received. */

/** Bytes of one part: what the scripted protocols put into one order. */
const PART_BYTES = 10;

/** A text of a client; a broadcast is one text for several trackers, each with a message of its own. */
export interface SentText {
  readonly n: number;
  readonly text: string;
  readonly parts: number;
  readonly urgent: boolean;
  readonly ttlMs: number;
  /** It waits this long before it joins its lane; 0: not at all. */
  readonly notBeforeMs: number;
}

export interface ReceivedPart {
  readonly n: number;
  readonly part: number;
  readonly parts: number;
}

export function textOf(n: number, parts: number): string {
  return Array.from({ length: parts }, (_, part) => partOf(n, part, parts)).join("");
}

/** What a received part, or the beginning of a whole text, says about itself; null: it is none of ours. */
export function parsePart(text: string): ReceivedPart | null {
  const match = /^t([0-9a-z]{4})\.(\d)(\d)/.exec(text);
  if (match === null) return null;
  const [, n = "", part = "", parts = ""] = match;
  return { n: Number.parseInt(n, 36), part: Number(part), parts: Number(parts) };
}

function partOf(n: number, part: number, parts: number): string {
  return `t${n.toString(36).padStart(4, "0")}.${part}${parts}`.padEnd(PART_BYTES, "-");
}
