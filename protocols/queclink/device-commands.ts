/** Commands as the simulated device reads them. */
import type { DeviceSettings } from "./device-profile.ts";

export interface PortWrite {
  readonly type: "write";
  readonly data: string;
  readonly serial: string;
  /** GV200 and GV300 call the field reserved: empty is acknowledged too. */
  readonly acknowledge: boolean;
}

export type Command =
  | PortWrite
  /** For the port, but not to be done; the classic family says nothing. */
  | { readonly type: "wrong"; readonly reason: string; readonly serial: string }
  | { readonly type: "other" };

export function readCommand(frame: string, { password, maxBytes }: DeviceSettings): Command {
  if (!frame.startsWith(HEAD) || !frame.endsWith("$")) return { type: "other" };
  const fields = frame.slice(HEAD.length, -1).split(",");
  const serial = fields.at(-1) ?? "";
  const [given, type, , data = "", needAck] = fields;
  const wrong = (reason: string): Command => ({ type: "wrong", reason, serial });
  if (fields.length !== FIELDS) return wrong(`AT+GTDAT with ${fields.length} fields`);
  if (given !== password) return wrong("a wrong password");
  if (type !== TO_PORT) return wrong(`AT+GTDAT of type ${type}`);
  if (data === "" || data.length > maxBytes || !/^[\x20-\x7e]*$/.test(data))
    return wrong("data that is not 1 to so many printable characters");
  return { type: "write", data, serial, acknowledge: needAck !== "0" };
}

const HEAD = "AT+GTDAT=";
const FIELDS = 9;
const TO_PORT = "1";
