/** What a device says in NTCB frames: its login, its offer of FLEX, telemetry of old formats, results of commands (NAV 6.1). */
import { LayoutError } from "../../src/core/index.ts";
import { type FlexOffer, OFFER } from "./messages.ts";

export type NtcbMessage =
  | { readonly type: "hello"; readonly imei: string }
  | ({ readonly type: "offer" } & FlexOffer)
  /** `*@DV`: the result of a text. */
  | { readonly type: "result"; readonly code: number }
  /** `*Z:`: the device does not know this command. */
  | { readonly type: "unknown-command"; readonly command: string }
  /** `*>T`, `*>A`: answered, not read. */
  | { readonly type: "telemetry"; readonly ack: Buffer }
  /** Keep-alives, and results of commands that we do not send. */
  | { readonly type: "other" }
  | { readonly type: "bad"; readonly reason: string };

/** Reads the data of an NTCB frame; never throws. */
export function readNtcbMessage(data: Buffer): NtcbMessage {
  const text = data.toString("latin1");
  if (text.startsWith("*>S:")) return hello(text.slice(4));
  if (text.startsWith("*>FLEX")) return offer(data.subarray(6));
  if (text.startsWith("*>T")) return single(data);
  if (text.startsWith("*>A"))
    return data.length > 3 ? ack(Buffer.from([...Buffer.from("*<A"), data.readUInt8(3)])) : bad("*>A without a count");
  if (text.startsWith("*Z:")) return { type: "unknown-command", command: text.slice(3) };
  if (text.startsWith("*@DV"))
    return data.length === 5 ? { type: "result", code: data.readUInt8(4) } : bad(`*@DV with ${data.length - 4} bytes`);
  return { type: "other" };
}

function hello(imei: string): NtcbMessage {
  return IMEI.test(imei) ? { type: "hello", imei } : bad(`*>S: 15 digits expected, came ${JSON.stringify(imei.slice(0, 32))}`);
}

function offer(bytes: Buffer): NtcbMessage {
  try {
    const { protocol, structure, count, mask } = OFFER.read(bytes);
    return { type: "offer", protocol, structure, count, mask };
  } catch (error) {
    if (error instanceof LayoutError) return bad(error.message);
    throw error;
  }
}

/** The format takes one byte, or two when the first is 0; then comes the index that the answer names (Traccar). */
function single(data: Buffer): NtcbMessage {
  const at = data[3] === 0 ? 5 : 4;
  return data.length < at + 4 ? bad("*>T without an index") : ack(Buffer.concat([Buffer.from("*<T"), data.subarray(at, at + 4)]));
}

function ack(bytes: Buffer): NtcbMessage {
  return { type: "telemetry", ack: bytes };
}

function bad(reason: string): NtcbMessage {
  return { type: "bad", reason };
}

const IMEI = /^\d{15}$/;
