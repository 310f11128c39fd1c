/** A device of a protocol that is logged in, and texts to it from the beginning to the end. */
import type { DeviceOptions, Protocol, Settlement } from "../../src/core/index.ts";
import { Talk } from "../support/talk.ts";
import type { Stance } from "./subject.ts";

/** Patience with a login, a link that must settle, a text in many parts: virtual time costs nothing. */
const ONLINE_MS = 60_000;
const SETTLE_MS = 5_000;
const PATIENCE_MS = 15 * 60_000;

const ENDINGS: ReadonlySet<Settlement["type"]> = new Set(["delivered", "rejected", "unconfirmed"]);

/** Logged in and quiet, with nothing outstanding. */
export async function online(protocol: Protocol, stance: Stance, options: Partial<DeviceOptions> = {}): Promise<Talk> {
  const talk = new Talk(protocol, { ...options, deviceId: stance.deviceId, profile: stance.profile });
  await talk.connect();
  if (!(await talk.until(() => talk.online, ONLINE_MS)))
    throw new Error(`the simulated device does not get online as ${stance.deviceId} under ${stance.name}`);
  await talk.wait(SETTLE_MS);
  return talk;
}

/** Sends a text and waits until it ended; gives how. */
export async function ended(talk: Talk, text: string): Promise<Settlement["type"] | "never"> {
  const id = await talk.send(text);
  const ending = (): Settlement | undefined => talk.line.settlements.find((one) => ENDINGS.has(one.type) && "id" in one && one.id === id);
  await talk.until(() => ending() !== undefined, PATIENCE_MS);
  return ending()?.type ?? "never";
}
