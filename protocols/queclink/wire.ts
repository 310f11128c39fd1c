/** What the gateway says in @Track: commands, each with a serial number, and acknowledgements. */

/** "Do not care": the serial of what needs no receipt. */
export const NO_SERIAL = "FFFF";

export interface PortCommand {
  readonly password: string;
  /** Printable ASCII without comma and dollar sign. */
  readonly data: string;
  /** `1` asks for +ACK:GTDAT, `0` for none; GV200 and GV300 call the field reserved. */
  readonly needAck: "" | "0" | "1";
  readonly serial: string;
}

/** Writes data to the serial port without any wrapper. */
export function portCommand({ password, data, needAck, serial }: PortCommand): Buffer {
  return Buffer.from(`AT+GTDAT=${password},1,,${data},${needAck},,,,${serial}$`, "latin1");
}

/** The serial of a tag: FFFF has a meaning of its own, and 0 is no tag. */
export function serialOf(tag: number): string {
  return hex4(tag % 0xffff);
}

/** Acknowledges the message with this count. */
export function sack(count: string): Buffer {
  return Buffer.from(`+SACK:${count}$`, "latin1");
}

export function heartbeatSack(version: string, count: string): Buffer {
  return Buffer.from(`+SACK:GTHBD,${version},${count}$`, "latin1");
}

export function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, "0");
}
