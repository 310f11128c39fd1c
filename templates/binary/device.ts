/** The device's side, for the simulator and the tests. */
import {
  type DeviceOptions,
  decodeText,
  encodeText,
  type ReceiptOutcome,
  type SimulatedDevice,
  simulatedDevice,
} from "../../src/core/index.ts";
import { BinaryTemplateFramer } from "./framer.ts";
import { PROFILE } from "./profile.ts";
import { RESULT, readMessage, TYPE, writeMessage } from "./wire.ts";

const RESULTS: Readonly<Record<ReceiptOutcome, number>> = { accepted: RESULT.ok, rejected: RESULT.refused, garbled: RESULT.checkByte };

export function binaryTemplateDevice(options: DeviceOptions): SimulatedDevice {
  const { charset } = PROFILE.settings(options.profile);
  return simulatedDevice(options, {
    framer: () => new BinaryTemplateFramer(),
    login: () => writeMessage(TYPE.login, 0, Buffer.from(`${options.deviceId}\0${options.password ?? ""}`)),
    text: (text, number) => writeMessage(TYPE.text, number, encodeText(text, charset).bytes),
    position: () => writeMessage(TYPE.here, 0, Buffer.alloc(0)),
    receipt: (tag, outcome) => writeMessage(TYPE.receipt, Number(tag), Buffer.of(RESULTS[outcome])),
    hear(frame) {
      const message = readMessage(frame);
      if (typeof message === "string") return { type: "puzzled", reason: message };
      switch (message.type) {
        case TYPE.loginAnswer:
          return message.body[0] === RESULT.ok ? { type: "welcome" } : { type: "refused", reason: `result ${message.body[0]}` };
        case TYPE.order:
          return { type: "text", text: decodeText(message.body, charset).text, tag: String(message.number) };
        case TYPE.taken:
          return { type: "taken" };
        default:
          return { type: "puzzled", reason: `a message of type ${message.type}` };
      }
    },
  });
}
