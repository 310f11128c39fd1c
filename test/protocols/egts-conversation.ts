/** The simulated EGTS terminal in conversation with the real session. */
import { expect } from "vitest";
import { egts } from "../../protocols/egts/index.ts";
import { parsePacket } from "../../protocols/egts/wire.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";
import { IMEI } from "./egts-frames.ts";

export const SECOND = 1_000;
/** The tag of message 1 in a conversation. */
export const CID = "16";

type Options = Partial<DeviceOptions>;

export function connected(options: Options = {}, gatewayProfile: Readonly<Record<string, unknown>> = {}): CarrierConversation {
  const talk = new CarrierConversation(egts, { deviceId: IMEI, ...options }, { gatewayProfile });
  talk.connect();
  expect(talk.kinds()).toContain("online");
  return talk;
}

/** What the device wrote, packet by packet; damaged ones as what is wrong. */
export function wrote(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.flatMap((output) => {
    if (output.type !== "write") return [];
    const parsed = parsePacket(output.bytes);
    if (parsed.type === "bad") return [parsed.reason];
    const { packet } = parsed;
    const title = egts.explain(output.bytes, "up").title.replace("device: ", "");
    return [packet.answer === null ? title : `${title} ${packet.answer.pid}:${packet.answer.result}`];
  });
}

/** What the device wrote meanwhile. */
export function during(talk: CarrierConversation, action: () => void): readonly string[] {
  const from = talk.outputs.length;
  action();
  return wrote(talk.outputs.slice(from));
}
