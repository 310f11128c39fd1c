/** How the text of a setting becomes a value. A parser throws an Error that says what was expected. */
import { isIP } from "node:net";
import { totalmem } from "node:os";

/** `count` events in `perMs` milliseconds. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** Timers of the platform hold no more (about 24.8 days). */
export const MAX_TIMER_MS = 2 ** 31 - 1;
/** Ten years: longer is a slip of the keyboard. */
export const MAX_AGE_MS = 3_650 * 24 * 60 * 60 * 1_000;
/** Whoever waits longer for the end of a process kills it. */
export const MAX_DRAIN_DELAY_MS = 10 * 60 * 1_000;

/** `15s`, `15m`, `7d`, `500ms`, `2h` -> milliseconds, from `minMs` to `maxMs`. */
export function duration(maxMs: number, minMs = 1): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
    const ms = match ? Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? Number.NaN) : Number.NaN;
    if (!(ms >= minMs && ms <= maxMs)) throw new Error("a duration like 500ms, 15s, 15m, 2h or 7d");
    return ms;
  };
}

/** `50/s`, `600/m` -> a rate of at least 1. */
export function rate(text: string): Rate {
  const match = /^(\d{1,7})\/(s|m|h)$/.exec(text);
  const count = Number(match?.[1]);
  const perMs = UNIT_MS[match?.[2] ?? ""];
  if (!(count >= 1) || perMs === undefined) throw new Error("a rate like 50/s or 600/m");
  return { count, perMs };
}

/** A whole number in a range. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Error(`a whole number from ${min} to ${max}`);
    return value;
  };
}

/** `64kb`, `1mb` or `65536` (bytes) -> bytes. */
export function size(min: number, max: number): (text: string) => number {
  return (text) => {
    const [, amount, unit = "b"] = /^(\d{1,12})(kb|mb|b)?$/i.exec(text) ?? [];
    const bytes = Number(amount) * (UNIT_BYTES[unit.toLowerCase()] ?? Number.NaN);
    if (!(bytes >= min && bytes <= max)) throw new Error(`a size like 64kb or 1mb, from ${min} to ${max} bytes`);
    return bytes;
  };
}

/** 0 lets the system choose a free port. */
export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new Error("a port from 0 to 65535");
  return value;
}

export function flag(text: string): boolean {
  const value = FLAGS.get(text.toLowerCase());
  if (value === undefined) throw new Error("true or false");
  return value;
}

export function host(text: string): string {
  if (!/^[A-Za-z0-9._:%-]{1,255}$/.test(text)) throw new Error("a host name or an IP address");
  return text;
}

/** `a` or `b` or `c`. */
export function oneOf<T extends string>(...choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new Error(`one of ${choices.join(", ")}`);
    return found;
  };
}

export interface ProtocolPort {
  readonly protocol: string;
  readonly port: number;
}

/** Names of protocols with a port each, separated by commas. */
export function protocolPorts(text: string): readonly ProtocolPort[] {
  return list(text).map((entry) => {
    const match = /^([a-z0-9]+(?:-[a-z0-9]+)*):(\d{1,5})$/.exec(entry);
    if (match?.[1] === undefined || match[2] === undefined) throw new Error("a list like NAME:5039,NAME:5015");
    return { protocol: match[1], port: port(match[2]) };
  });
}

/** Redis URLs: one, or several nodes of a cluster. */
export function redisUrls(text: string): readonly string[] {
  return list(text).map((entry) => {
    const protocol = URL.canParse(entry) ? new URL(entry).protocol : "";
    if (protocol !== "redis:" && protocol !== "rediss:") throw new Error("redis://HOST:PORT or rediss://HOST:PORT");
    return entry;
  });
}

/** Addresses, networks (10.0.0.0/8) or the words that Fastify knows. */
export function addresses(text: string): readonly string[] {
  return list(text).map((entry) => {
    const [address = "", bits, ...rest] = entry.split("/");
    const family = isIP(address);
    const bitsOk = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    if (!NETWORKS.has(entry) && (family === 0 || !bitsOk || rest.length > 0)) {
      throw new Error("addresses or networks like 10.0.0.1,192.168.0.0/16 or loopback");
    }
    return entry;
  });
}

/** `512mb`, `2gb`, `1048576` (bytes) or `60%` of the machine's memory -> bytes. */
export function memory(text: string): number {
  const match = /^(\d{1,15})(%|kb|mb|gb|b)?$/i.exec(text);
  const amount = Number(match?.[1]);
  const unit = (match?.[2] ?? "b").toLowerCase();
  const bytes = unit === "%" ? Math.floor((machineMemory() * amount) / 100) : amount * (UNIT_BYTES[unit] ?? Number.NaN);
  const percentOk = unit !== "%" || amount <= 100;
  if (!(bytes >= MIN_MEMORY_BYTES) || !percentOk) throw new Error("memory like 512mb, 2gb or 60%, at least 16mb");
  return bytes;
}

/** Visible ASCII without spaces: it travels in a header. */
export function token(text: string): string {
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) throw new Error("visible ASCII characters without spaces, at most 512");
  return text;
}

/** Used in names of keys, queues and metrics. */
export function nodeName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text)) throw new Error("letters, digits, '.', '_' and '-', at most 100");
  return text;
}

export function filePath(text: string): string {
  if (text === "" || text.includes("\0")) throw new Error("a path");
  return text;
}

/** Inside a container its limit counts, not the machine it runs on. */
function machineMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function list(text: string): readonly string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.some((entry) => entry === "")) throw new Error("a comma-separated list without empty entries");
  return entries;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 };
const MIN_MEMORY_BYTES = 16 * 1_024 ** 2;
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);
/** Understood by Fastify's `trustProxy`. */
const NETWORKS: ReadonlySet<string> = new Set(["loopback", "linklocal", "uniquelocal"]);
