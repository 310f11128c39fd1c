/**
 * The header that a TCP balancer puts before a connection to say whose it is: the PROXY protocol of HAProxy, version 1 (text)
 * and 2 (binary), https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt. Sections named below are of that text.
 */
import { isIP } from "node:net";

/** More than this is no header: the addresses take 52 bytes, the rest are additions that nobody here reads. */
export const PROXY_HEADER_BYTES = 4 * 1024;

export type ProxyHeader =
  /** `source`: the client's address; null: the balancer speaks for itself, or does not know. `bytes`: the header's length. */
  | { readonly type: "header"; readonly bytes: number; readonly source: string | null }
  | { readonly type: "more" }
  | { readonly type: "bad"; readonly reason: string };

/** Reads the header at the beginning of a connection, of which these bytes came so far. */
export function readProxyHeader(head: Buffer): ProxyHeader {
  if (startsLike(head, SIGNATURE)) return readBinary(head);
  if (startsLike(head, WORD)) return readText(head);
  return bad("no PROXY header");
}

/** 2.2: the first bytes of version 2. */
const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const WORD = Buffer.from("PROXY ", "latin1");
/** 2.1: the longest line of version 1, its end included. */
const LINE_BYTES = 107;
const FIXED_BYTES = 16;
const MORE: ProxyHeader = { type: "more" };

/** Both begin alike, as far as both go. */
function startsLike(head: Buffer, beginning: Buffer): boolean {
  const length = Math.min(head.length, beginning.length);
  return head.subarray(0, length).equals(beginning.subarray(0, length));
}

function bad(reason: string): ProxyHeader {
  return { type: "bad", reason };
}

/** 2.1: `PROXY TCP4 192.0.2.1 198.51.100.7 56324 5000\r\n`, or `PROXY UNKNOWN` and whatever follows. */
function readText(head: Buffer): ProxyHeader {
  const line = head.subarray(0, LINE_BYTES);
  const end = line.indexOf("\r\n");
  if (end === -1) return line.length < LINE_BYTES ? MORE : bad("a line without an end");
  const text = line.toString("latin1", 0, end);
  const bytes = end + 2;
  if (/^PROXY UNKNOWN(?: |$)/.test(text)) return { type: "header", bytes, source: null };
  const [, family, source = "", target = "", ...ports] = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(text) ?? [];
  const known = isIP(source) === Number(family) && isIP(target) === Number(family) && ports.every((port) => Number(port) <= 65_535);
  return known ? { type: "header", bytes, source: addressOf(source) } : bad("a line that is not understood");
}

/** 2.2: signature, version and command, family and transport, length of what follows, addresses, additions. */
function readBinary(head: Buffer): ProxyHeader {
  if (head.length < FIXED_BYTES) return MORE;
  const [version, command, family, length] = [
    head.readUInt8(12) >> 4,
    head.readUInt8(12) & 0x0f,
    head.readUInt8(13),
    head.readUInt16BE(14),
  ];
  const bytes = FIXED_BYTES + length;
  if (version !== 2 || command > 1) return bad(`version ${version}, command ${command}`);
  if (bytes > PROXY_HEADER_BYTES) return bad(`a header of ${bytes} bytes`);
  if (head.length < bytes) return MORE;
  const local = command === 0;
  return local ? { type: "header", bytes, source: null } : readAddresses(family, head.subarray(FIXED_BYTES, bytes), bytes);
}

/** By family and transport: what is said about TCP over IPv4 and IPv6; not known, or a Unix socket; nothing else is a stream. */
function readAddresses(family: number, addresses: Buffer, bytes: number): ProxyHeader {
  if (family === 0x00 || family === 0x31) return { type: "header", bytes, source: null };
  if (family === 0x11 && addresses.length >= 12) return { type: "header", bytes, source: addresses.subarray(0, 4).join(".") };
  if (family === 0x21 && addresses.length >= 36) return { type: "header", bytes, source: addressOf(groups(addresses.subarray(0, 16))) };
  return bad(`family and transport ${family.toString(16)} with ${addresses.length} bytes`);
}

function groups(address: Buffer): string {
  return Array.from({ length: 8 }, (_, at) => address.readUInt16BE(at * 2).toString(16)).join(":");
}

/** One spelling for each address: the shortest, and IPv4 for what is IPv4 inside IPv6. */
export function addressOf(text: string): string {
  if (isIP(text) !== 6) return text;
  const [address = ""] = text.split("%");
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return shortest;
  return [Number.parseInt(high, 16), Number.parseInt(low, 16)].flatMap((half) => [half >> 8, half & 0xff]).join(".");
}
