/** Bodies of A1 packets behind the FMI id: packed, little-endian (FMI, 1.3 and 5.1). */
import { layout, Parser } from "../../src/core/index.ts";
import { ID_FIELD_BYTES } from "./message-id.ts";

export const ID = {
  enable: 0x0000,
  productRequest: 0x0001,
  product: 0x0002,
  protocols: 0x0003,
  unicodeRequest: 0x0004,
  unicodeResponse: 0x0005,
  pressed: 0x0020,
  openText: 0x0021,
  okText: 0x0022,
  yesNoText: 0x0023,
  driverText: 0x0024,
  driverTextReceipt: 0x0025,
  driverReply: 0x0026,
  attach: 0x0028,
  attached: 0x0029,
  text: 0x002a,
  textReceipt: 0x002b,
  pressedReceipt: 0x002c,
  remove: 0x002d,
  removed: 0x002e,
  setResponse: 0x0030,
  responseSet: 0x0032,
  refreshResponses: 0x0034,
  statusRequest: 0x0040,
  status: 0x0041,
  quickMessage: 0x0050,
  refreshQuickMessages: 0x0054,
  longText: 0x0055,
  longTextReceipt: 0x0056,
  deleteData: 0x0230,
  throttle: 0x0250,
  ping: 0x0260,
  pingResponse: 0x0261,
} as const;

/** A message's id field and how much of it counts. */
export interface Named {
  readonly size: number;
  readonly id: Buffer;
}

export const TEXT_RECEIPT = layout<Named & { readonly time: number; readonly result: number }>(
  "text receipt",
  named(parser().uint32("time").uint8("size").uint8("result").uint16("reserved")),
);
export const STATUS = layout<Named & { readonly status: number }>(
  "message status",
  named(parser().uint8("size").uint8("status").uint16("reserved")),
);
export const PRESSED = layout<Named & { readonly time: number; readonly choice: number }>(
  "button or response",
  named(parser().uint32("time").uint8("size").buffer("reserved", { length: 3 })).uint32("choice"),
);
export const DRIVER_TEXT = layout<{ readonly time: number; readonly unique: number; readonly text: Buffer }>(
  "driver text",
  parser().uint32("time").uint32("unique"),
  "text",
);
export const DRIVER_REPLY = layout<Named & { readonly time: number; readonly unique: number; readonly text: Buffer }>(
  "driver text with reply link",
  named(parser().uint32("time").int32("latitude").int32("longitude").uint32("unique").uint8("size").buffer("reserved", { length: 3 })),
  "text",
);
export const LONG_RECEIPT = layout<Named & { readonly result: number; readonly sequence: number }>(
  "long text receipt",
  named(parser().uint32("time").uint8("size").uint8("result").uint8("finished").uint8("sequence")),
);
/** 0029 (result 0 is right) and 002E (1 is right). */
export const RESULT = layout<Named & { readonly result: number }>(
  "result",
  named(parser().uint8("size").uint8("result").uint16("reserved")),
);
export const RESPONSE_SET = layout<{ readonly response: number; readonly result: number }>(
  "canned response set",
  parser().uint32("response").uint8("result").buffer("reserved", { length: 3 }),
);
export const PROTOCOLS = layout<{ readonly tags: readonly { readonly tag: number; readonly number: number }[] }>(
  "supported protocols",
  parser().array("tags", { type: parser().uint8("tag").uint16("number"), readUntil: "eof" }),
);
/** 002A. `kind`: 0 inbox, 1 shown at once. */
export const TEXT = layout<Named & { readonly time: number; readonly kind: number; readonly text: Buffer }>(
  "text",
  named(parser().uint32("time").uint8("size").uint8("kind").uint16("reserved")),
  "text",
);
/** 0022 and 0023. */
export const BUTTON_TEXT = layout<Named & { readonly text: Buffer }>(
  "text with buttons",
  named(parser().uint32("time").uint8("size").buffer("reserved", { length: 3 })),
  "text",
);
export const OPEN_TEXT = layout<{ readonly time: number; readonly text: Buffer }>("open text", parser().uint32("time"), "text");
export const LONG_TEXT = layout<Named & { readonly finished: number; readonly sequence: number; readonly text: Buffer }>(
  "long text",
  named(parser().uint32("time").uint8("size").uint8("kind").uint8("finished").uint8("sequence")),
  "text",
);
export const ATTACH = layout<Named & { readonly responses: readonly number[] }>(
  "answers of a message",
  named(parser().uint8("size").uint8("count").uint16("reserved")).array("responses", { type: "uint32le", length: "count" }),
);
export const RESPONSE = layout<{ readonly response: number; readonly text: Buffer }>(
  "canned response",
  parser().uint32("response"),
  "text",
);
/** 002C, 002D and 0040. */
export const NAMED = layout<Named>("message id", named(parser().uint8("size").buffer("reserved", { length: 3 })));
export const UNIQUE = layout<{ readonly unique: number }>("driver text receipt", parser().uint32("unique"));
export const FEATURES = layout<{ readonly features: readonly number[] }>(
  "features",
  parser().uint8("count").uint8("reserved").array("features", { type: "uint16le", length: "count" }),
);
export const PRODUCT = layout<{ readonly product: number; readonly version: number }>(
  "product",
  parser().uint16("product").int16("version"),
);

function parser(): Parser {
  return new Parser().endianness("little");
}

function named(start: Parser): Parser {
  return start.buffer("id", { length: ID_FIELD_BYTES });
}
