/** Contents of packets (VL03). */
import { layout, Parser } from "../../src/core/index.ts";

/** 8 bytes BCD; newer devices add a type and their time zone and language. */
export const LOGIN = layout<{ readonly imei: Buffer; readonly rest: Buffer }>("login", parser().buffer("imei", { length: 8 }), "rest");

/** 0x21: 1 is ASCII, 2 is UTF-16BE. */
export const STRING_NEW = layout<{ readonly flag: number; readonly coding: number; readonly rest: Buffer }>(
  "string",
  parser().uint32("flag").uint8("coding"),
  "rest",
);

/** 0x15 and 0x80: the size counts flag and text, and leaves a language behind them to be told apart. */
export const STRING_OLD = layout<{ readonly size: number; readonly flag: number; readonly rest: Buffer }>(
  "string",
  parser().uint8("size").uint32("flag"),
  "rest",
);

export interface Position {
  readonly time: readonly number[];
  readonly latitude: number;
  readonly longitude: number;
  readonly speed: number;
  readonly course: number;
  readonly rest: Buffer;
}

export const POSITION = layout<Position>(
  "position",
  parser()
    .array("time", { type: "uint8", length: 6 })
    .uint8("satellites")
    .uint32("latitude")
    .uint32("longitude")
    .uint8("speed")
    .uint16("course"),
  "rest",
);

function parser(): Parser {
  return new Parser().endianness("big");
}
