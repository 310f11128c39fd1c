/** Two identities on one socket, two sockets of one identity, and lines that are left half said. */
import { connect, type Socket } from "node:net";
import { until } from "../../support/gateway-world.ts";
import { chatOf, nameOf } from "./aftermath.ts";
import { playAnswered } from "./conversation.ts";
import { linesAt, lives, type Noted, type Place, portOf } from "./place.ts";
import type { Bench, Seat } from "./seats.ts";

const BOUND_MS = 30_000;

export async function onPairs(place: Place, benches: readonly Bench[]): Promise<readonly Noted[]> {
  const [shared, taken, held]: [string[], string[], string[]] = [[], [], []];
  await Promise.all(
    benches.map(async ({ pair: [first, second] }) => {
      shared.push(...(await shareSocket(place, first, second)));
      taken.push(...(await takeOver(place, first)));
      held.push(...(await hold(place, first, second)));
    }),
  );
  return [
    { kind: "another login on the same socket", count: benches.length, wrong: shared },
    { kind: "the same login on another socket", count: benches.length * 2, wrong: taken },
    { kind: "left half said", count: benches.length * 2, wrong: held },
  ];
}

/** Each says who it is and then a text; what the first one says is its own, and nobody's words are the other's. */
async function shareSocket(place: Place, first: Seat, second: Seat): Promise<readonly string[]> {
  const writes = [...whole(first), ...whole(second)];
  const { stuck } = await playAnswered({ writes, paceMs: 0 }, portOf(place, first, "own"), () => lives(place));
  const [ofFirst, ofSecond] = [await chatOf(place.product, first.trackerId), await chatOf(place.product, second.trackerId)];
  const wrong = [
    ...(stuck ? ["did not end"] : []),
    ...(first.textUp && ofFirst.length !== 1 ? [`${ofFirst.length} texts of the first one`] : []),
    ...(ofSecond.length > 1 ? [`${ofSecond.length} texts of the second one`] : []),
    ...ofFirst.filter((text) => !text.includes(first.deviceId)).map((text) => `the first one is said to say "${text}"`),
    ...ofSecond.filter((text) => !text.includes(second.deviceId)).map((text) => `the second one is said to say "${text}"`),
  ];
  return wrong.map((what) => `${nameOf(first)} and ${second.deviceId} on one socket: ${what}`);
}

/** The older line must go, and the newer one stays. */
async function takeOver(place: Place, seat: Seat): Promise<readonly string[]> {
  const port = portOf(place, seat, "own");
  const here = async (): Promise<boolean> => (await linesAt(place)).includes(seat.trackerId);
  const older = new HeldLine(port, opening(seat));
  const wrong = await unmet(`${nameOf(seat)}: its login leads to no line`, here);
  const newer = new HeldLine(port, opening(seat));
  wrong.push(...(await unmet(`${nameOf(seat)}: two lines of one identity`, () => older.closed)));
  if (newer.closed || !(await here())) wrong.push(`${nameOf(seat)}: the newer line is gone`);
  older.socket.destroy();
  newer.socket.destroy();
  return wrong;
}

/** Half a login, and half a text behind a login: the gateway gives up waiting. */
async function hold(place: Place, first: Seat, second: Seat): Promise<readonly string[]> {
  const port = portOf(place, first, "own");
  const { login, telemetry, text } = second.words;
  const last = text ?? telemetry ?? login;
  const lines = [new HeldLine(port, [half(first.words.login.bytes)]), new HeldLine(port, [...last.before, half(last.bytes)])];
  const wrong = await Promise.all(
    lines.map((line, index) => unmet(`${nameOf(first)}: half a ${["login", "frame"][index]} is waited for`, () => line.closed)),
  );
  for (const { socket } of lines) socket.destroy();
  return wrong.flat();
}

class HeldLine {
  readonly socket: Socket;
  closed = false;

  constructor(port: number, writes: readonly Buffer[]) {
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.socket.write(Buffer.concat(writes));
    this.socket.resume();
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.closed = true;
    });
  }
}

async function unmet(what: string, holds: () => boolean | Promise<boolean>): Promise<string[]> {
  return await until(holds, () => what, BOUND_MS).then(
    () => [],
    () => [what],
  );
}

function opening({ words: { login, telemetry, text } }: Seat): readonly Buffer[] {
  const { before } = text ?? telemetry ?? login;
  return before.length > 0 ? before : [login.bytes];
}

function whole(seat: Seat): readonly Buffer[] {
  const { text } = seat.words;
  return text === null ? opening(seat) : [...opening(seat), text.bytes];
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}
