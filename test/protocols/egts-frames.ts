/** Frames of the specification, and the means to make and read others. */
import { readFileSync } from "node:fs";
import { FROM_DEVICE, PACKET, SERVICE } from "../../protocols/egts/codes.ts";
import { egts } from "../../protocols/egts/index.ts";
import { type ServiceRecord, writeRecord, writeSubrecord } from "../../protocols/egts/records.ts";
import { writeTerminal } from "../../protocols/egts/terminal.ts";
import { answerData, type Packet, parsePacket, writePacket } from "../../protocols/egts/wire.ts";
import type { Codec, Framed, Order, Reading, Verdict } from "../../src/core/index.ts";

export interface PageFrame {
  readonly dir: "up" | "down";
  readonly hex: string;
  readonly means: string;
}

export const FRAMES = JSON.parse(readFileSync(new URL("egts.frames.json", import.meta.url), "utf8")) as readonly PageFrame[];
export const IMEI = "860803066448313";
export const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");

/** A packet of the device with one record. */
export function said(service: number, data: Buffer, number = 7, object?: number): Buffer {
  const head = { number, flags: FROM_DEVICE, sender: service, recipient: service };
  return writePacket(PACKET.data, number, writeRecord(object === undefined ? head : { ...head, object }, data));
}

/** COMMAND_DATA: byte of CT and CCT, CID, flags and what follows them. */
export function command(kind: number, cid: number, rest = "00"): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(cid, 1);
  return writeSubrecord(51, Buffer.concat([head, bytesOf(rest)]));
}

/** A RESPONSE of the device to our packet, with records. */
export function answer(pid: number, result: number, ...records: readonly Buffer[]): Buffer {
  return writePacket(PACKET.response, 99, answerData(pid, result, Buffer.concat(records)));
}

export function packetOf(bytes: Buffer): Packet {
  const parsed = parsePacket(bytes);
  if (parsed.type === "bad") throw new Error(parsed.reason);
  return parsed.packet;
}

/** The packets in one write. */
export function packetsOf(bytes: Buffer): readonly Packet[] {
  return framesOf([bytes]).map((hex) => packetOf(bytesOf(hex)));
}

/** "number:service[type data]" of each record. */
export function recordsOf({ records }: Packet): readonly string[] {
  return records.map(recordWords);
}

function recordWords({ number, sender, subrecords }: ServiceRecord): string {
  const words = (subrecords ?? []).map(({ type, data }) => `${type} ${data.toString("hex")}`);
  return `${number}:${sender}[${words.join(", ")}]`;
}

export function framesOf(pieces: readonly Buffer[]): readonly string[] {
  const { framer } = egts.connect();
  const frames: string[] = [];
  for (const piece of pieces) {
    framer.push(piece);
    for (let unit: Framed | null = framer.next(); unit !== null; unit = framer.next())
      if (unit.kind === "frame") frames.push(unit.bytes.toString("hex"));
  }
  return frames;
}

/** A codec whose device has introduced itself. */
export function loggedIn(profile: Readonly<Record<string, unknown>> = {}, bufferBytes: number | null = null): Codec {
  const codec = egts.connect();
  codec.decode(said(SERVICE.auth, writeTerminal(1, IMEI, bufferBytes), 1));
  codec.identified({ trackerId: 1, deviceId: IMEI, profile, secret: null });
  return codec;
}

const ACCEPTED: Verdict = { type: "accepted", identity: { trackerId: 1, deviceId: IMEI, profile: {}, secret: null } };

export function replyOf(reading: Reading, verdict: Verdict = ACCEPTED): Buffer | null {
  return typeof reading.reply === "function" ? reading.reply(verdict) : (reading.reply ?? null);
}

export interface Sent {
  readonly bytes: Buffer;
  readonly pid: number;
  /** Of the record. */
  readonly number: number;
  readonly tag: string;
}

/** Encodes an order and takes its parts as written. */
export function send(codec: Codec, order: Order): readonly Sent[] {
  const encoded = codec.encode(order);
  if (encoded.type === "refused") throw new Error(encoded.reason);
  return encoded.parts.map((part) => {
    codec.send?.(part);
    const { pid, records } = packetOf(part.bytes);
    return { bytes: part.bytes, pid, number: records[0]?.number ?? 0, tag: part.tag ?? "" };
  });
}

export function text(value: string, tag: number): Order {
  return { type: "text", text: value, urgent: false, tag };
}
