/** When the attack is over: what is in the chats, and whether the devices that were made to lie can talk again. */
import { PROTOCOLS } from "../../../protocols/index.ts";
import { detect } from "../../../src/gateway/detector.ts";
import { until } from "../../support/gateway-world.ts";
import { type Answer, type Product, TestDevice } from "../../support/product.ts";
import { type Place, portOf } from "./place.ts";
import type { Part } from "./plan.ts";
import { textOf } from "./recorded.ts";
import { MANY, type Seat } from "./seats.ts";

const PATIENCE_MS = 15_000;

/** What a driver has said, as the API lists it. */
export async function chatOf(product: Product, trackerId: number): Promise<readonly string[]> {
  const { list = [] } = await called(product, "list", { tracker_id: trackerId });
  return list.filter(({ type }) => type === "INCOMING").map(({ text }) => text);
}

/** A call that is told to come again comes again. */
async function called(product: Product, path: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer["body"]> {
  let body: Answer["body"] = { success: false };
  const succeeds = async (): Promise<boolean> => {
    body = (await product.call(path, parameters)).body;
    return body.success;
  };
  await until(succeeds, () => `"${path}" to succeed: ${JSON.stringify(body)}`, PATIENCE_MS);
  return body;
}

/** Is exactly that stored which the conversations add? */
export async function stored(
  { product }: Place,
  { seat, conversations }: Part,
): Promise<{ readonly texts: number; readonly wrong: readonly string[] }> {
  const expected = conversations.flatMap(({ kind, adds }) => adds.map((text) => ({ kind, text })));
  const texts = await chatOf(product, seat.trackerId);
  const at = expected.findIndex(({ text }, index) => texts[index] !== text);
  if (at === -1 && texts.length === expected.length) return { texts: texts.length, wrong: unsaid(seat, texts) };
  const place = at === -1 ? "behind them" : `of "${expected[at]?.kind}" text ${at + 1}, ${JSON.stringify(expected[at]?.text)},`;
  const found = JSON.stringify(texts[at === -1 ? expected.length : at]);
  const wrong = `${nameOf(seat)}: ${expected.length} texts are right, ${texts.length} are stored; ${place} is ${found}`;
  return { texts: texts.length, wrong: [wrong] };
}

/** Whoever foretells nothing is always right: the frames must have been good before they were falsified. */
function unsaid(seat: Seat, texts: readonly string[]): readonly string[] {
  const numbers = Array.from({ length: seat.words.texts.length === MANY ? MANY : 1 }, (_, index) => index + 1);
  if (!seat.textUp) return [];
  return numbers
    .map((number) => textOf(seat.deviceId, number))
    .flatMap((text) => (texts.includes(text) ? [] : [`${nameOf(seat)}: "${text}" is not stored`]));
}

/** Gives what is wrong: the device must log in, and a text must go up and be acknowledged, or down where drivers cannot write. */
export async function aftermath(place: Place, seat: Seat): Promise<readonly string[]> {
  const { protocol, deviceId, profile, words } = seat;
  const detected = detect(words.login.bytes, PROTOCOLS);
  const told = detected.type === "found" && detected.protocol === protocol;
  const device = new TestDevice(protocol.name, deviceId, portOf(place, seat, told ? "universal" : "own"), { profile });
  try {
    await device.online();
    await (seat.textUp ? talksUp(place.product, seat, device) : talksDown(place.product, seat));
    return [];
  } catch (error) {
    return [`${nameOf(seat)} afterwards: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    device.runner.stop();
  }
}

async function talksUp(product: Product, { trackerId, deviceId }: Seat, device: TestDevice): Promise<void> {
  const text = `${deviceId} is well`;
  device.runner.say(text);
  await until(
    () => device.acknowledged.includes(text),
    () => `"${text}" to be acknowledged`,
    PATIENCE_MS,
  );
  const times = (await chatOf(product, trackerId)).filter((one) => one === text).length;
  if (times !== 1) throw new Error(`"${text}" is stored ${times} times`);
}

async function talksDown(product: Product, { trackerId, sayable }: Seat): Promise<void> {
  const { id } = await called(product, "send", { tracker_id: trackerId, message: sayable });
  const delivered = async (): Promise<boolean> =>
    (await product.list(trackerId)).some((one) => one.id === id && one.status === "DELIVERED");
  await until(delivered, () => `"${sayable}" to be DELIVERED`, PATIENCE_MS);
}

export function nameOf({ protocol, deviceId }: Seat): string {
  return `${protocol.name} ${deviceId}`;
}
