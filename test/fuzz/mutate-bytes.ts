/** Changes to the bytes of one unit, blind and not quite blind to what devices send. */
import type { Xorshift } from "./xorshift.ts";

/** Longest unit that a mutation makes. */
const UNIT_BYTES = 64 * 1024;

type Mutation = (bytes: Buffer, random: Xorshift, other: Buffer) => Buffer;

/** One to four changes; `other`: a unit from elsewhere, for what is put in from there. */
export function mutateBytes(bytes: Buffer, random: Xorshift, other: Buffer): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0; times -= 1) changed = random.pick(MUTATIONS)(changed, random, other);
  return changed.length > UNIT_BYTES ? changed.subarray(0, UNIT_BYTES) : changed;
}

/** Fields that lie about how much follows, or turn around in a careless sum. */
const INTERESTING = [
  0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 511, 512, 1000, 1023, 1024, 4095, 4096, 32_767, 32_768, 65_535,
];
const NUMBERS = [
  "0",
  "-1",
  "1",
  "00",
  "9",
  "99",
  "65535",
  "65536",
  "4294967295",
  "99999999999999999999",
  "1e9",
  "0x10",
  "NaN",
  ".",
  "-",
  "",
];
/** What the text protocols are made of, and what is awkward in one charset or another. */
const TOKENS = [
  ...["#", "$", "*", "+", "@@", "$$", "[", "]", ",", ";", ":", "|", "~", "\r\n", "\n", "\r", "\0", "=", "\\", '"', "?", "\u007f"],
  ...[
    "#M#",
    "#AM#1",
    "#L#",
    "#B#",
    "*<",
    "*!",
    "*?",
    "@NTC",
    "~A",
    "~T",
    "~R",
    "+ACK:",
    "+RESP:GTDAT,",
    "AT+",
    "C13",
    "D75",
    "LK",
    "MESSAGE",
    "\u0010\u0003",
  ],
];
const SEQUENCES = [
  "fffe",
  "feff",
  "c3",
  "e282",
  "f0",
  "eda080",
  "f48fbfbf",
  "fe",
  "80",
  "81",
  "98",
  "d800",
  "00d8",
  "dc00",
  "7e",
  "7d",
  "7d01",
  "1003",
  "1010",
  "0d0a",
  "ff0900",
  "789c",
].map((hex) => Buffer.from(hex, "hex"));

const MUTATIONS: readonly Mutation[] = [
  flip,
  flip,
  set,
  set,
  put,
  cut,
  cut,
  repeat,
  swap,
  number16,
  number16,
  number32,
  digits,
  digits,
  token,
  token,
  sequence,
  splice,
  overwrite,
  truncate,
  grow,
];

function flip(bytes: Buffer, random: Xorshift): Buffer {
  const at = random.below(bytes.length + 1);
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

function set(bytes: Buffer, random: Xorshift): Buffer {
  const at = random.below(bytes.length + 1);
  if (at < bytes.length) bytes[at] = random.once(2) ? random.below(256) : random.pick(INTERESTING) & 0xff;
  return bytes;
}

function put(bytes: Buffer, random: Xorshift): Buffer {
  return inserted(bytes, random.below(bytes.length + 1), Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256))));
}

function cut(bytes: Buffer, random: Xorshift): Buffer {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function repeat(bytes: Buffer, random: Xorshift): Buffer {
  const [from, to] = range(bytes, random);
  return inserted(bytes, to, bytes.subarray(from, to));
}

function swap(bytes: Buffer, random: Xorshift): Buffer {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(bytes.subarray(from, to)).reverse(), bytes.subarray(to)]);
}

function number16(bytes: Buffer, random: Xorshift): Buffer {
  if (bytes.length < 2) return bytes;
  const at = random.below(bytes.length - 1);
  const near = random.once(2) ? bytes.length - at + random.below(9) - 4 : random.pick(INTERESTING);
  if (random.once(2)) bytes.writeUInt16BE(near & 0xffff, at);
  else bytes.writeUInt16LE(near & 0xffff, at);
  return bytes;
}

function number32(bytes: Buffer, random: Xorshift): Buffer {
  if (bytes.length < 4) return bytes;
  const value = random.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, bytes.length, 65_536, 1 << 24]);
  const at = random.below(bytes.length - 3);
  if (random.once(2)) bytes.writeUInt32BE(value, at);
  else bytes.writeUInt32LE(value, at);
  return bytes;
}

/** One of the numbers that stand there as digits becomes another. */
function digits(bytes: Buffer, random: Xorshift): Buffer {
  const from = random.below(bytes.length + 1);
  let start = from;
  while (start < bytes.length && !isDigit(bytes[start])) start += 1;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end])) end += 1;
  return start === end ? bytes : Buffer.concat([bytes.subarray(0, start), Buffer.from(random.pick(NUMBERS)), bytes.subarray(end)]);
}

function token(bytes: Buffer, random: Xorshift): Buffer {
  return inserted(bytes, random.below(bytes.length + 1), Buffer.from(random.pick(TOKENS)));
}

function sequence(bytes: Buffer, random: Xorshift): Buffer {
  return inserted(bytes, random.below(bytes.length + 1), random.pick(SEQUENCES));
}

function splice(bytes: Buffer, random: Xorshift, other: Buffer): Buffer {
  const [from, to] = range(other, random);
  return inserted(bytes, random.below(bytes.length + 1), other.subarray(from, to));
}

/** The head of one unit, the rest of another. */
function overwrite(bytes: Buffer, random: Xorshift, other: Buffer): Buffer {
  const at = random.below(Math.min(bytes.length, other.length) + 1);
  return random.once(2)
    ? Buffer.concat([bytes.subarray(0, at), other.subarray(at)])
    : Buffer.concat([other.subarray(0, at), bytes.subarray(at)]);
}

function truncate(bytes: Buffer, random: Xorshift): Buffer {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

/** A block over and over, seldom up to what no protocol lets pass. */
function grow(bytes: Buffer, random: Xorshift): Buffer {
  if (!random.once(8)) return bytes;
  const wanted = random.once(16) ? UNIT_BYTES : 256 << random.below(6);
  const [from, to] = range(bytes, random);
  const block = from === to ? Buffer.of(random.below(256)) : bytes.subarray(from, to);
  return inserted(bytes, to, Buffer.alloc(wanted, block));
}

/** Mostly short. */
function range(bytes: Buffer, random: Xorshift): readonly [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  const longest = random.once(4) ? bytes.length : 16;
  return [from, Math.min(bytes.length, from + random.below(longest + 1))];
}

function inserted(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
