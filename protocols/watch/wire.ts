/** The frames of children's watches: `[maker*id*length*content]`, some with an index before the length (4PT, TRC). */

/** What a frame begins with; an answer repeats it. */
export interface Address {
  /** Two characters: 3G, SG, CS, ZJ, ... */
  readonly maker: string;
  readonly id: string;
  /** Null: this maker has none. */
  readonly index: string | null;
}

export interface Head {
  readonly address: Address;
  /** Bytes of the content, as the sender counts them: some before, some after escaping, and some wrongly. */
  readonly length: number;
  /** Bytes before the content. */
  readonly size: number;
}

export interface Frame {
  readonly address: Address;
  readonly length: number;
  readonly content: Buffer;
  readonly word: string;
  /** What follows the word and its comma. */
  readonly fields: Buffer;
}

export type Read = { readonly type: "frame"; readonly frame: Frame } | { readonly type: "bad"; readonly reason: string };

/** The head that these bytes begin with. */
export function readHead(bytes: Buffer): Head | "more" | "none" {
  const text = bytes.toString("latin1", 0, HEAD_BYTES);
  const [whole, maker = "", id = "", index = null, length = ""] = HEAD.exec(text) ?? [];
  if (whole === undefined) return PARTIAL.test(text) ? "more" : "none";
  // What looks like a length may turn out to be an index with the length behind it.
  if (index === null && /^[0-9A-F]{0,4}$/i.test(text.slice(whole.length))) return "more";
  return { address: { maker, id, index }, length: Number.parseInt(length, 16), size: whole.length };
}

/** Reads what the framer cut out. */
export function readFrame(bytes: Buffer): Read {
  const head = readHead(bytes);
  if (typeof head === "string" || bytes.at(-1) !== CLOSE) return { type: "bad", reason: "no frame of a watch" };
  const content = bytes.subarray(head.size, -1);
  const comma = content.indexOf(COMMA);
  const word = content.toString("latin1", 0, comma === -1 ? content.length : comma);
  if (!WORD.test(word)) return { type: "bad", reason: "a frame without a word" };
  const fields = comma === -1 ? content.subarray(content.length) : content.subarray(comma + 1);
  return { type: "frame", frame: { address: head.address, length: head.length, content, word, fields } };
}

/** A frame as bytes; content as a string is ASCII. */
export function writeFrame({ maker, id, index }: Address, content: Buffer | string): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  const start = index === null ? `[${maker}*${id}` : `[${maker}*${id}*${index}`;
  return Buffer.concat([Buffer.from(`${start}*${hex4(bytes.length)}*`, "latin1"), bytes, Buffer.of(CLOSE)]);
}

/** Sound or a picture as it travels: the five bytes that have a meaning in a frame are written as two. */
export function escaped(payload: Buffer): Buffer {
  return Buffer.from([...payload].flatMap((byte) => (ESCAPED.includes(byte) ? [ESCAPE, ESCAPED.indexOf(byte) + 1] : [byte])));
}

/** The payload as it was before; an escaped of nothing stays as it is. */
export function unescaped(bytes: Buffer): Buffer {
  const payload: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const plain = bytes[at] === ESCAPE ? ESCAPED[(bytes[at + 1] ?? 0) - 1] : undefined;
    payload.push(plain ?? bytes[at] ?? 0);
    if (plain !== undefined) at += 1;
  }
  return Buffer.from(payload);
}

export function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, "0");
}

export const OPEN = 0x5b;
export const CLOSE = 0x5d;
const COMMA = 0x2c;
const ESCAPE = 0x7d;
/** By the byte that follows 7D, from 1. */
const ESCAPED: readonly number[] = [ESCAPE, OPEN, CLOSE, COMMA, 0x2a];
const WORD = /^[A-Za-z][0-9A-Za-z_]{0,31}$/;
const HEAD = /^\[([0-9A-Za-z]{2})\*([0-9A-Za-z]{1,20})\*(?:([0-9A-F]{1,8})\*)?([0-9A-F]{4})\*/i;
const PARTIAL = /^(?:\[(?:[0-9A-Za-z]{0,2}|[0-9A-Za-z]{2}\*(?:[0-9A-Za-z]{0,20}|[0-9A-Za-z]{1,20}\*[0-9A-F]{0,8}(?:\*[0-9A-F]{0,4})?)))?$/i;
/** The longest head, and five bytes behind it. */
const HEAD_BYTES = 48;
