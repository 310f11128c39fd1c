/** Binary layouts of EGTS, little-endian; each fits exactly or throws LayoutError. Optional fields are arrays of none or one. */
import { layout, Parser } from "../../src/core/index.ts";

type Optional = readonly [number?];

/** Bytes of a header without routing, its check included; with routing (RTE) it has five more (order 285, annex 6, table 3). */
export const HEADER_BYTES = 11;
export const ROUTED_HEADER_BYTES = 16;

export interface RawPacket {
  readonly flags: number;
  readonly headerBytes: number;
  readonly pid: number;
  readonly type: number;
  readonly route: Buffer;
  readonly headerCheck: number;
  readonly data: Buffer;
  readonly dataCheck: Optional;
}

/** A whole packet; the caller vouches for `headerBytes`. */
export const PACKET_LAYOUT = layout<RawPacket>(
  "packet",
  le()
    .uint8("version")
    .uint8("keyId")
    .uint8("flags")
    .uint8("headerBytes")
    .uint8("encoding")
    .uint16("dataBytes")
    .uint16("pid")
    .uint8("type")
    .buffer("route", { length: (head: { readonly headerBytes: number }) => head.headerBytes - HEADER_BYTES })
    .uint8("headerCheck")
    .buffer("data", { length: "dataBytes" })
    .array("dataCheck", { type: "uint16le", length: (head: { readonly dataBytes: number }) => (head.dataBytes > 0 ? 1 : 0) }),
);

/** What a RESPONSE begins with. */
export const ANSWER = layout<{ readonly pid: number; readonly result: number; readonly rest: Buffer }>(
  "answer",
  le().uint16("pid").uint8("result"),
  "rest",
);

/** What a signed packet begins with; the signature is not checked. */
export const SIGNED = layout<{ readonly rest: Buffer }>(
  "signed data",
  le().uint16("length").buffer("signature", { length: "length" }),
  "rest",
);

export interface RawRecord {
  readonly number: number;
  readonly flags: number;
  readonly object: Optional;
  readonly event: Optional;
  readonly time: Optional;
  readonly sender: number;
  readonly recipient: number;
  readonly data: Buffer;
  readonly rest: Buffer;
}

/** One record and what follows it (order 285, annex 6, table 14). */
export const RECORD = layout<RawRecord>(
  "record",
  le()
    .uint16("length")
    .uint16("number")
    .uint8("flags")
    .array("object", { type: "uint32le", length: ifBit(0) })
    .array("event", { type: "uint32le", length: ifBit(1) })
    .array("time", { type: "uint32le", length: ifBit(2) })
    .uint8("sender")
    .uint8("recipient")
    .buffer("data", { length: "length" }),
  "rest",
);

/** One subrecord and what follows it. */
export const SUBRECORD = layout<{ readonly type: number; readonly data: Buffer; readonly rest: Buffer }>(
  "subrecord",
  le().uint8("type").uint16("length").buffer("data", { length: "length" }),
  "rest",
);

/** SRT 0: CRN and RST. */
export const RECORD_RESULT = layout<{ readonly number: number; readonly result: number }>(
  "RECORD_RESPONSE",
  le().uint16("number").uint8("result"),
);

export interface RawTerminal {
  readonly id: number;
  readonly flags: number;
  readonly home: Optional;
  readonly imei: Buffer;
  readonly imsi: Buffer;
  readonly language: Buffer;
  readonly network: Buffer;
  readonly bufferBytes: Optional;
  readonly msisdn: Buffer;
}

/** SRT 1 of service 1 (GOST 33472-2015, annex B); what a device adds to the fields that its flags name is not read. */
export const TERMINAL = layout<RawTerminal>(
  "TERM_IDENTITY",
  le()
    .uint32("id")
    .uint8("flags")
    .array("home", { type: "uint16le", length: ifBit(0) })
    .buffer("imei", { length: ifBit(1, 15) })
    .buffer("imsi", { length: ifBit(2, 16) })
    .buffer("language", { length: ifBit(3, 3) })
    .buffer("network", { length: ifBit(5, 3) })
    .array("bufferBytes", { type: "uint16le", length: ifBit(6) })
    .buffer("msisdn", { length: ifBit(7, 15) }),
  "rest",
);

/** SRT 5 of service 1. */
export const DISPATCHER = layout<{ readonly kind: number; readonly id: number; readonly description: Buffer }>(
  "DISPATCHER_IDENTITY",
  le().uint8("kind").uint32("id"),
  "description",
);

export interface RawCommand {
  /** CT in the high, CCT in the low nibble. */
  readonly kind: number;
  readonly cid: number;
  readonly sid: number;
  readonly charset: Optional;
  readonly accessCode: Buffer;
  readonly data: Buffer;
}

/** SRT 51 of service 4 (GOST R 54619-2011, table 29). The data may be empty. */
export const COMMAND_LAYOUT = layout<RawCommand>(
  "COMMAND_DATA",
  le()
    .uint8("kind")
    .uint32("cid")
    .uint32("sid")
    .uint8("flags")
    .array("charset", { type: "uint8", length: ifBit(0) })
    .array("accessCodeBytes", { type: "uint8", length: ifBit(1) })
    .buffer("accessCode", { length: (head: { readonly accessCodeBytes: Optional }) => head.accessCodeBytes[0] ?? 0 }),
  "data",
);

/** SRT 16 of service 2: time (seconds since 2010), place, and the speed in the low 14 bits as tenths of km/h. */
export const POSITION_LAYOUT = layout<{ readonly time: number; readonly flags: number; readonly speed: number }>(
  "POS_DATA",
  le().uint32("time").uint32("latitude").uint32("longitude").uint8("flags").uint16("speed"),
  "rest",
);

function le(): Parser {
  return new Parser().endianness("little");
}

/** Items (or bytes) of an optional field: `size` when its bit of `flags` is set, else none. */
function ifBit(bit: number, size = 1): (head: { readonly flags: number }) => number {
  return (head) => (((head.flags >> bit) & 1) === 1 ? size : 0);
}
