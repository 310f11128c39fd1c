/** What a simulated tracker reports: made-up positions in every form, and its driver's texts. */
import { encodeText } from "../../src/core/index.ts";
import { fmiTime } from "../garmin-fmi/bodies.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { hex8 } from "./navigator.ts";
import { hexOf } from "./text.ts";

/** Command and data of a packet. */
export interface Report {
  readonly command: string;
  readonly data: Buffer;
}

/** `now` stands in for the tracker's clock. */
export function positionReport({ positions }: DeviceSettings, now: number): Report {
  switch (positions) {
    case "AAA":
      return { command: "AAA", data: Buffer.from(event(35, now)) };
    case "AAC":
      return { command: "AAC", data: Buffer.from(event(35, now)) };
    case "CCE":
      return { command: "CCE", data: records(now) };
    case "CCC":
      return { command: "CCC", data: batch(now) };
  }
}

export interface Said {
  readonly text: string;
  /** The navigator's own number for it. */
  readonly unique: number;
  /** The id of the message it replies to; empty: none. */
  readonly answers: string;
  /** When it was written. */
  readonly at: number;
}

/** D75: a driver's text from a navigator at this tracker. */
export function driverReport({ text, unique, answers, at }: Said, { navigatorPort }: DeviceSettings): Report {
  const words = hexOf(encodeText(text, "utf16be").bytes).toString("latin1");
  const place = `${hex8(LATITUDE)},${hex8(LONGITUDE)}`;
  const fields = [hex8(fmiTime(BIRTH + at)), place, answers || "00000000", "08", hex8(unique), words, `0${navigatorPort}`];
  return { command: "D75", data: Buffer.from(fields.join(",")) };
}

const BIRTH = Date.UTC(2026, 0, 1);
/** Times of binary reports count from 2000. */
const EPOCH_2000 = Date.UTC(2000, 0, 1);
/** Millionths of a degree. */
const LATITUDE = 22_513_574;
const LONGITUDE = 114_057_147;
const SPEED_KMH = 50;

function event(code: number, now: number): string {
  const time = new Date(BIRTH + now).toISOString().replaceAll(/[-T:]/g, "").slice(2, 14);
  const place = `${LATITUDE / 1e6},${LONGITUDE / 1e6}`;
  return `${code},${place},${time},A,9,20,${SPEED_KMH},90,0.8,12,1000,3600,460|0|10133|4110,0400,0000|0000|0000|018D|04E2,,,1,0000`;
}

/** One record: event and fix, speed and direction, place and time. */
function records(now: number): Buffer {
  const bytes = Buffer.from([3, 0x01, 35, 0x05, 1, 0x15, 0x04]);
  const words = Buffer.from([2, 0x08, SPEED_KMH, 0, 0x09, 90, 0]);
  const longs = Buffer.concat([Buffer.of(3), named(0x02, LATITUDE), named(0x03, LONGITUDE), named(0x04, seconds(now))]);
  const content = Buffer.concat([Buffer.alloc(2), bytes, words, longs, Buffer.of(0)]);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(1, 4);
  head.writeUInt16LE(content.length, 6);
  return Buffer.concat([head, content]);
}

/** One position of 52 bytes. */
function batch(now: number): Buffer {
  const position = Buffer.alloc(0x34);
  position.writeUInt8(35, 0);
  position.writeInt32LE(LATITUDE, 1);
  position.writeInt32LE(LONGITUDE, 5);
  position.writeUInt32LE(seconds(now), 9);
  position.writeUInt8(1, 13);
  position.writeUInt16LE(SPEED_KMH, 16);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0x0102, 0);
  head.writeUInt16LE(position.length, 2);
  head.writeUInt32LE(1, 4);
  return Buffer.concat([head, position]);
}

function named(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(id, 0);
  bytes.writeUInt32LE(value, 1);
  return bytes;
}

function seconds(now: number): number {
  return Math.floor((BIRTH - EPOCH_2000 + now) / 1_000);
}
