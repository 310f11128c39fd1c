/**
 * The device's side of a protocol, sans I/O: the simulator, the tests and the benchmarks drive the same model.
 * It reads its profile as the gateway's codec does, and every duty of the protocol page is a mode of it.
 */
import type { Profile } from "./protocol.ts";

/** How the device treats a text: `silent` never acknowledges, `late` acknowledges after `lateMs`. */
export type ReceiptMode = "ok" | "silent" | "reject" | "late" | "duplicate" | "wrong-tag" | "garbled";

export interface DeviceOptions {
  readonly deviceId: string;
  readonly password: string | null;
  readonly profile: Profile;
  readonly receipts: ReceiptMode;
  /** Delay of a receipt in mode `late`. */
  readonly lateMs: number;
  /** A text sent back after each text that arrives; null sends none. */
  readonly reply: string | null;
  /** Milliseconds between positions or heartbeats; 0 sends none. */
  readonly keepAliveMs: number;
}

export type DeviceOutput =
  | { readonly type: "write"; readonly bytes: Buffer }
  /** The login was accepted; texts may flow. */
  | { readonly type: "online" }
  | { readonly type: "refused"; readonly reason: string }
  /** A whole text reached the driver's screen. `unit`: whose, of several on one line. */
  | {
      readonly type: "shown";
      readonly text: string;
      readonly tag: string | null;
      readonly choices?: readonly string[];
      readonly unit?: string;
    }
  /** The gateway took a text off the driver's screen again. */
  | { readonly type: "removed"; readonly text: string }
  /** The gateway acknowledged a driver text. */
  | { readonly type: "acknowledged"; readonly text: string; readonly unit?: string }
  | { readonly type: "acknowledged-position" }
  /** The gateway stays silent: the device takes the link for dead, drops it, and connects again when it can. */
  | { readonly type: "hangup"; readonly reason: string }
  /** The gateway said something this device does not understand. */
  | { readonly type: "puzzled"; readonly reason: string };

/** All times are milliseconds of one monotonic clock. Each call returns what the device does, in order. */
export interface SimulatedDevice {
  /** A connection was made (also after a reconnect: unacknowledged texts are sent again once logged in). */
  connected(now: number): readonly DeviceOutput[];
  received(chunk: Buffer, now: number): readonly DeviceOutput[];
  /** The driver types a text; before login it waits. */
  say(text: string, now: number): readonly DeviceOutput[];
  /** The driver picks answer `choice` (from 0) of the last question. */
  choose?(choice: number, now: number): readonly DeviceOutput[];
  /** Sends a position now, whatever the keep-alive says. */
  position(now: number): readonly DeviceOutput[];
  /** Keep-alives, retransmissions and late receipts that are due. */
  tick(now: number): readonly DeviceOutput[];
  /** When `tick` has something to do; null: never. */
  readonly deadline: number | null;
}
