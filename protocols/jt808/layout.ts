/**
 * Bodies as binary layouts; bytes that are missing throw LayoutError, and so do bytes left over where no `rest` takes them.
 * Texts stay bytes: their charset is a setting.
 */
import { layout, Parser } from "../../src/core/index.ts";

/** 0x0001 and 0x8001. Bytes that a device adds change nothing. */
export const RESPONSE = layout<{ readonly serial: number; readonly id: number; readonly result: number }>(
  "general response",
  parser().uint16("serial").uint16("id").uint8("result"),
  "rest",
);

export interface RegisterBody {
  readonly province: number;
  readonly city: number;
  readonly maker: Buffer;
  readonly model: Buffer;
  readonly terminal: Buffer;
  readonly plateColour: number;
  /** Plate or VIN, GBK. */
  readonly plate: Buffer;
}

/** 0x0100 of the three editions: they differ in the widths of maker, model and terminal id. */
export const REGISTER = {
  "2011": registerLayout(5, 8, 7),
  "2013": registerLayout(5, 20, 7),
  "2019": registerLayout(11, 30, 30),
} as const;
/** A 0x0100 body shorter than this cannot be of 2013, so it is of 2011 (YZH). */
export const REGISTER_2013_BYTES = 37;

/** `rest`: IMEI and software version as far as they came; null: the whole body is the code. */
export interface AuthBody {
  readonly code: Buffer;
  readonly rest: Buffer | null;
}

/**
 * 0x0102: the bare code until 2013; since 2019 its length stands before it, IMEI and version behind it. Devices with the
 * header of 2019 leave those out, or send the bare code all the same: then its first byte is no length that fits.
 */
export function readAuth(body: Buffer, form: "short" | "long"): AuthBody {
  const end = 1 + (body[0] ?? Number.POSITIVE_INFINITY);
  if (form === "short" || end > body.length) return { code: body, rest: null };
  return { code: body.subarray(1, end), rest: body.subarray(end) };
}

/** 0x0200: the fixed part, and the attributes that nobody here reads. */
export const POSITION = layout<{ readonly status: number; readonly speed: number }>(
  "position",
  parser()
    .uint32("alarm")
    .uint32("status")
    .uint32("latitude")
    .uint32("longitude")
    .uint16("altitude")
    .uint16("speed")
    .uint16("direction")
    .buffer("time", { length: 6 }),
  "attributes",
);

/** 0x0301: the event's id. 0x0303: what and whether. */
export const EVENT = layout<{ readonly event: number }>("event", parser().uint8("event"), "rest");
export const MENU = layout<{ readonly item: number; readonly wanted: number }>("menu", parser().uint8("item").uint8("wanted"));
/** 0x0302: the serial of the 0x8302 and the id of the answer. */
export const ANSWER = layout<{ readonly serial: number; readonly answer: number }>(
  "answer",
  parser().uint16("serial").uint8("answer"),
  "rest",
);

/** 0x6006: encoding 0 GBK, 1 UTF-16. 0x0900 and 0x8900: type. 0x8300 of 2011 and 2013: flags. */
export const BYTE_AND_TEXT = layout<{ readonly first: number; readonly text: Buffer }>("byte and text", parser().uint8("first"), "text");
/** 0x8300 of 2019. */
export const TEXT_2019 = layout<{ readonly flags: number; readonly kind: number; readonly text: Buffer }>(
  "text of 2019",
  parser().uint8("flags").uint8("kind"),
  "text",
);
/** 0x1300: the serial of the 0x8300 it answers. */
export const TEXT_RESULT = layout<{ readonly serial: number; readonly text: Buffer }>("text result", parser().uint16("serial"), "text");
/** 0x0701. */
export const WAYBILL = layout<{ readonly text: Buffer }>("waybill", parser().uint32("length").buffer("text", { length: "length" }));
/** 0x0801: only the id matters to us. */
export const MEDIA = layout<{ readonly mediaId: Buffer }>("media", parser().buffer("mediaId", { length: 4 }), "rest");

/** 0x8100; the code is empty unless the result is 0. */
export const REGISTERED = layout<{ readonly serial: number; readonly result: number; readonly code: Buffer }>(
  "register response",
  parser().uint16("serial").uint8("result"),
  "code",
);

export interface QuestionBody {
  readonly flags: number;
  readonly text: Buffer;
  readonly answers: readonly { readonly answer: number; readonly text: Buffer }[];
}

/** 0x8302. */
export const QUESTION = layout<QuestionBody>(
  "question",
  parser()
    .uint8("flags")
    .uint8("length")
    .buffer("text", { length: "length" })
    .array("answers", { type: parser().uint8("answer").uint16("length").buffer("text", { length: "length" }), readUntil: "eof" }),
);

export interface EventListBody {
  /** 0 delete all, 1 replace, 2 append, 3 modify, 4 delete. */
  readonly type: number;
  readonly events: readonly { readonly event: number; readonly text: Buffer }[];
}

/** 0x8301; 2011 counts twice. Nothing follows "delete all". */
export const EVENT_LIST = { "2011": eventListLayout(2), "2013": eventListLayout(1), "2019": eventListLayout(1) } as const;

export interface ResendBody {
  /** Of the first fragment. */
  readonly serial: number;
  readonly indexes: readonly number[];
}

/** 0x8003 and 0x0005: count of one byte in 2013, of two in 2019. */
export const RESEND = {
  short: layout<ResendBody>(
    "resend request",
    parser().uint16("serial").uint8("count").array("indexes", { type: "uint16be", length: "count" }),
  ),
  long: layout<ResendBody>(
    "resend request",
    parser().uint16("serial").uint16("count").array("indexes", { type: "uint16be", length: "count" }),
  ),
} as const;

function parser(): Parser {
  return new Parser().endianness("big");
}

function eventListLayout(counts: number): ReturnType<typeof layout<EventListBody>> {
  return layout<EventListBody>(
    "event list",
    parser()
      .uint8("type")
      .buffer("counts", { length: ({ type }: { readonly type: number }) => (type === 0 ? 0 : counts) })
      .array("events", { type: parser().uint8("event").uint8("length").buffer("text", { length: "length" }), readUntil: "eof" }),
  );
}

function registerLayout(maker: number, model: number, terminal: number): ReturnType<typeof layout<RegisterBody>> {
  return layout<RegisterBody>(
    "register",
    parser()
      .uint16("province")
      .uint16("city")
      .buffer("maker", { length: maker })
      .buffer("model", { length: model })
      .buffer("terminal", { length: terminal })
      .uint8("plateColour"),
    "plate",
  );
}
