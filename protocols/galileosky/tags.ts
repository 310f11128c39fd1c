/** Tags of a pack, as far as a chat needs them: who sends it, and what its interpreter says. */

export const TAG = {
  hardware: 0x01,
  firmware: 0x02,
  imei: 0x03,
  device: 0x04,
  index: 0x10,
  time: 0x20,
  position: 0x30,
  speed: 0x33,
  number: 0xe0,
  text: 0xe1,
  binary: 0xeb,
} as const;

export const IMEI_BYTES = 15;
const NUMBER_BYTES = 4;

/** What the interpreter says to the command with this number; `text` null: in binary. */
export interface Reply {
  readonly number: number;
  readonly text: Buffer | null;
}

export type Opening =
  | {
      readonly type: "opening";
      /** As the device writes it; null: the pack does not say. */
      readonly imei: string | null;
      /** The number that users gave the device. */
      readonly device: number | null;
      readonly reply: Reply | null;
    }
  | { readonly type: "bad"; readonly reason: string };

/** Tags ascend: who sends the pack stands in front, a reply's number and text follow; the rest is not looked at. */
export function readOpening(body: Buffer): Opening {
  let imei: string | null = null;
  let device: number | null = null;
  for (let at = 0; at < body.length; ) {
    const tag = body.readUInt8(at);
    const size = SIZES.get(tag);
    if (tag === TAG.number) return opening(imei, device, readReply(body.subarray(at + 1)));
    if (size === undefined) break;
    const value = body.subarray(at + 1, at + 1 + size);
    if (value.length < size) return { type: "bad", reason: `tag ${hex(tag)} is cut off` };
    if (tag === TAG.imei) imei = value.toString("latin1");
    if (tag === TAG.device) device = value.readUInt16LE(0);
    at += 1 + size;
  }
  return opening(imei, device, null);
}

/** Tags that may stand in front of a reply. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [TAG.hardware, 1],
  [TAG.firmware, 1],
  [TAG.imei, IMEI_BYTES],
  [TAG.device, 2],
  [TAG.index, 2],
  [TAG.time, 4],
]);

function opening(imei: string | null, device: number | null, reply: Reply | "bad" | null): Opening {
  if (imei !== null && !/^\d{15}$/u.test(imei)) return { type: "bad", reason: "an IMEI is 15 digits" };
  if (reply === "bad") return { type: "bad", reason: "a reply that is cut off" };
  return { type: "opening", imei, device, reply };
}

/** A number without words behind it is telemetry's (Traccar calls it an index). */
function readReply(rest: Buffer): Reply | "bad" | null {
  if (rest.length < NUMBER_BYTES) return "bad";
  const number = rest.readUInt32LE(0);
  const [tag, size] = rest.subarray(NUMBER_BYTES);
  if (tag === TAG.binary) return { number, text: null };
  if (tag !== TAG.text) return null;
  const text = rest.subarray(NUMBER_BYTES + 2, NUMBER_BYTES + 2 + (size ?? 0));
  return size === undefined || text.length < size ? "bad" : { number, text };
}

function hex(tag: number): string {
  return tag.toString(16).padStart(2, "0").toUpperCase();
}
