/** Message ids with their names, results with their words, and the bodies the platform sends. */

export const ID = {
  deviceResponse: 0x0001,
  heartbeat: 0x0002,
  deregister: 0x0003,
  timeQuery: 0x0004,
  resendDown: 0x0005,
  register: 0x0100,
  auth: 0x0102,
  vendorTimeQuery: 0x0109,
  position: 0x0200,
  event: 0x0301,
  answer: 0x0302,
  menu: 0x0303,
  waybill: 0x0701,
  driverCard: 0x0702,
  positions: 0x0704,
  canData: 0x0705,
  mediaEvent: 0x0800,
  media: 0x0801,
  transparentUp: 0x0900,
  compressed: 0x0901,
  textResult: 0x1300,
  vendorText: 0x6006,
  platformResponse: 0x8001,
  resendUp: 0x8003,
  time: 0x8004,
  registered: 0x8100,
  vendorTime: 0x8109,
  linkTest: 0x8204,
  text: 0x8300,
  events: 0x8301,
  question: 0x8302,
  menus: 0x8303,
  information: 0x8304,
  mediaReceived: 0x8800,
  transparentDown: 0x8900,
} as const;

const NAMES: Readonly<Record<keyof typeof ID, string>> = {
  deviceResponse: "general response of the device",
  heartbeat: "heartbeat",
  deregister: "deregister",
  timeQuery: "time query",
  resendDown: "device asks for missing fragments",
  register: "register",
  auth: "authenticate",
  vendorTimeQuery: "time query (vendor)",
  position: "position",
  event: "event chosen by the driver",
  answer: "answer to a question",
  menu: "menu subscription",
  waybill: "electronic waybill, or command result (AOVX)",
  driverCard: "driver's card",
  positions: "positions, batch",
  canData: "CAN data",
  mediaEvent: "media event",
  media: "media",
  transparentUp: "transparent data up",
  compressed: "compressed data",
  textResult: "text result (vendor)",
  vendorText: "text from the driver (vendor)",
  platformResponse: "general response of the platform",
  resendUp: "platform asks for missing fragments",
  time: "time, UTC",
  registered: "register response",
  vendorTime: "time, UTC (vendor)",
  linkTest: "link test",
  text: "text",
  events: "event list",
  question: "question",
  menus: "menu",
  information: "information service",
  mediaReceived: "media response",
  transparentDown: "transparent data down",
};

const NAME_OF = new Map(Object.entries(ID).map(([key, id]) => [id as number, NAMES[key as keyof typeof ID]]));

/** Results of 0x0001 and 0x8001; 4 (alarm handled) since 2013, from the platform only by the letter. */
export const RESULT = { ok: 0, failed: 1, badMessage: 2, unsupported: 3, alarmHandled: 4 } as const;
/** Results of 0x8100. */
export const REGISTER_RESULT = { ok: 0, vehicleKnown: 1, vehicleUnknown: 2, terminalKnown: 3, terminalUnknown: 4 } as const;

const RESULT_WORDS = ["ok", "failed", "bad message", "unsupported", "alarm handled"] as const;
const REGISTER_WORDS = ["ok", "vehicle already registered", "vehicle unknown", "terminal already registered", "terminal unknown"] as const;

export function nameOf(id: number): string {
  return NAME_OF.get(id) ?? "unknown message";
}

export function resultWords(result: number): string {
  return RESULT_WORDS[result] ?? `result ${result}`;
}

export function registerWords(result: number): string {
  return REGISTER_WORDS[result] ?? `result ${result}`;
}

/** `8300:7`: what a receipt names, as the tag of a part. */
export function tagOf(id: number, serial: number): string {
  return `${hex4(id)}:${serial}`;
}

export function isQuestion(tag: string): boolean {
  return tag.startsWith(`${hex4(ID.question)}:`);
}

export function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/** Body of 0x0001 and 0x8001. */
export function responseBody(serial: number, id: number, result: number): Buffer {
  const body = Buffer.alloc(5);
  body.writeUInt16BE(serial, 0);
  body.writeUInt16BE(id, 2);
  body.writeUInt8(result, 4);
  return body;
}

/** Body of 0x8100; the code only follows result 0. */
export function registeredBody(serial: number, result: number, code: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt16BE(serial, 0);
  head.writeUInt8(result, 2);
  return result === REGISTER_RESULT.ok ? Buffer.concat([head, code]) : head;
}

/** Body of 0x8003 and 0x0005: the count is one byte in 2013 and two in 2019. */
export function resendBody(firstSerial: number, indexes: readonly number[], countBytes: 1 | 2): Buffer {
  const body = Buffer.alloc(2 + countBytes + 2 * indexes.length);
  let at = body.writeUInt16BE(firstSerial, 0);
  at = body.writeUIntBE(indexes.length, at, countBytes);
  for (const index of indexes) at = body.writeUInt16BE(index, at);
  return body;
}

/** Body of 0x8800: nothing follows the media id when all of it arrived. */
export function mediaReceivedBody(mediaId: Buffer, missing: readonly number[]): Buffer {
  if (missing.length === 0) return Buffer.from(mediaId);
  const list = Buffer.alloc(1 + 2 * missing.length);
  let at = list.writeUInt8(missing.length, 0);
  for (const index of missing) at = list.writeUInt16BE(index, at);
  return Buffer.concat([mediaId, list]);
}

/** Body of 0x8004: BCD yy MM dd HH mm ss, UTC (JT/T 808-2019, 8.5). */
export function timeBody(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/\D/g, "");
  return Buffer.from(digits.slice(2, 14), "hex");
}

/** Body of 0x8109 (vendor): year u16, month, day, hour, minute, second in binary, result 0. */
export function vendorTimeBody(epochMs: number): Buffer {
  const time = new Date(epochMs);
  const body = Buffer.alloc(8);
  body.writeUInt16BE(time.getUTCFullYear(), 0);
  const rest = [time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds(), RESULT.ok];
  for (const [index, value] of rest.entries()) body.writeUInt8(value, 2 + index);
  return body;
}
