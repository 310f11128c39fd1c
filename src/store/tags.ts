/** Tags of a tracker: 1 to 65535, a text's tags in one run, so that none of them is 0 and none wraps inside a text. */

/** 16 bits on the wire. */
const LAST_TAG = 0xffff;

export interface Tags {
  readonly first: number;
  /** Where the next text's tags begin; may be one above the last tag. */
  readonly next: number;
}

/** Tags for a text of `bytes` (UTF-8): twice what it needs at `tagBytes` a part, since a charset may widen it. */
export function tagsOf(next: number, bytes: number, tagBytes: number): Tags {
  const count = Math.min(LAST_TAG, Math.max(1, Math.ceil((bytes * 2) / tagBytes)));
  const first = next + count - 1 > LAST_TAG ? 1 : next;
  return { first, next: first + count };
}
