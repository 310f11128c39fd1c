/** The header of every message, in its two layouts (JT/T 808-2013, 4.4.3; JT/T 808-2019, 4.4.3). */
import { type Layout, layout, Parser } from "../../src/core/index.ts";
import { MAX_BODY_BYTES, seal, unseal } from "./wire.ts";

/** Where a message goes to or comes from, echoed verbatim in every answer. */
export interface Address {
  /** `short`: 2011 and 2013, phone of 6 bytes. `long`: 2019, version byte and phone of 10 bytes. */
  readonly form: "short" | "long";
  /** The protocol version byte; of `long` only. */
  readonly version: number;
  /** BCD digits by the standard; some devices put a binary IMEI here. */
  readonly phone: Buffer;
}

export interface Header {
  readonly id: number;
  readonly serial: number;
  readonly address: Address;
  /** Bits 10-12 of the props; 0: none, 1: RSA. */
  readonly encryption: number;
  /** `index` counts from 1. */
  readonly fragment: { readonly total: number; readonly index: number } | null;
}

export interface Packet {
  readonly header: Header;
  readonly body: Buffer;
}

export type Parsed =
  | { readonly type: "packet"; readonly packet: Packet }
  /** `packet`: as far as it can be trusted, so that it can be answered. */
  | { readonly type: "bad"; readonly reason: string };

/** Unescapes, checks and reads a frame; the body length in the props must fit exactly. Never throws. */
export function parseFrame(frame: Buffer): Parsed {
  const unsealed = unseal(frame);
  if (unsealed.type === "bad") return unsealed;
  const { bytes } = unsealed;
  if (bytes.length < SIZES.short) return { type: "bad", reason: `header of at least ${SIZES.short} bytes expected, came ${bytes.length}` };
  const props = bytes.readUInt16BE(2);
  const form = formOf(props, bytes.length);
  if (form === null) return { type: "bad", reason: lengthReason(props, bytes.length) };
  return { type: "packet", packet: read(bytes, form, props) };
}

/**
 * Which layout a header and body of `size` bytes have. Bit 14 means 2019, but some devices of 2013 set it too:
 * then only the 12-byte header fits the length (SMC "force 2013"). Null: no layout fits.
 */
export function formOf(props: number, size: number): Address["form"] | null {
  const long = (props & VERSIONED) !== 0;
  if (long && size === headerSize("long", props) + bodyLength(props)) return "long";
  return size === headerSize("short", props) + bodyLength(props) ? "short" : null;
}

export function headerSize(form: Address["form"], props: number): number {
  return SIZES[form] + ((props & FRAGMENTED) === 0 ? 0 : 4);
}

/** A whole frame, ready for the wire. Throws RangeError on a body longer than 1023 bytes. */
export function writeFrame(header: Omit<Header, "encryption">, body: Buffer): Buffer {
  if (body.length > MAX_BODY_BYTES) throw new RangeError(`body of at most ${MAX_BODY_BYTES} bytes expected, came ${body.length}`);
  const { address, fragment } = header;
  const long = address.form === "long";
  const props = body.length | (long ? VERSIONED : 0) | (fragment === null ? 0 : FRAGMENTED);
  const head = Buffer.alloc(headerSize(address.form, props));
  head.writeUInt16BE(header.id, 0);
  head.writeUInt16BE(props, 2);
  let at = long ? head.writeUInt8(address.version, 4) : 4;
  at += address.phone.copy(head, at);
  at = head.writeUInt16BE(header.serial, at);
  if (fragment !== null) head.writeUInt16BE(fragment.index, head.writeUInt16BE(fragment.total, at));
  return seal(Buffer.concat([head, body]));
}

const FRAGMENTED = 0x2000;
const VERSIONED = 0x4000;
const SIZES = { short: 12, long: 17 } as const;
const PHONE_BYTES = { short: 6, long: 10 } as const;

interface RawPacket {
  readonly id: number;
  readonly version?: number;
  readonly phone: Buffer;
  readonly serial: number;
  readonly total?: number;
  readonly index?: number;
  readonly body: Buffer;
}

const LAYOUTS = {
  short: [packetLayout("short", false), packetLayout("short", true)],
  long: [packetLayout("long", false), packetLayout("long", true)],
} as const;

function packetLayout(form: Address["form"], fragmented: boolean): Layout<RawPacket> {
  const parser = new Parser().endianness("big").uint16("id").uint16("props");
  if (form === "long") parser.uint8("version");
  parser.buffer("phone", { length: PHONE_BYTES[form] }).uint16("serial");
  if (fragmented) parser.uint16("total").uint16("index");
  return layout(`JT/T 808 ${form} header`, parser, "body");
}

function read(bytes: Buffer, form: Address["form"], props: number): Packet {
  const raw = LAYOUTS[form][(props & FRAGMENTED) === 0 ? 0 : 1].read(bytes);
  const { id, serial, version, total, index, body } = raw;
  const address = { form, version: version ?? 0, phone: Buffer.from(raw.phone) };
  const fragment = total === undefined || index === undefined ? null : { total, index };
  return { header: { id, serial, address, encryption: (props >> 10) & 7, fragment }, body };
}

function bodyLength(props: number): number {
  return props & MAX_BODY_BYTES;
}

function lengthReason(props: number, size: number): string {
  const form = (props & VERSIONED) === 0 ? "short" : "long";
  return `body of ${bodyLength(props)} bytes expected, came ${size - headerSize(form, props)}`;
}
