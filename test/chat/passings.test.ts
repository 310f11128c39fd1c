import { beforeEach, expect, it } from "vitest";
import type { LineOwner } from "../../src/chat/lines.ts";
import { Passings } from "../../src/chat/passings.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { deviceText } from "../store/world.ts";
import { byTag } from "../support/scripted-protocol.ts";

const identity = { trackerId: 7, deviceId: "7", profile: {}, secret: null };
const line = (epoch: number): LineOwner => ({ identity, protocol: byTag, epoch });
const unnumbered = [deviceText("ok")];

let told: number[] = [];
let down = false;
let passings: Passings;
beforeEach(() => {
  told = [];
  down = false;
  passings = new Passings({
    passed: (_trackerId, id) => {
      if (down) return Promise.reject(new StoreUnavailable("planned"));
      told.push(id);
      return Promise.resolve();
    },
  });
});

it("tells once that a device moved on, and only of a text without a serial", async () => {
  passings.stored(line(1), unnumbered, [5]);
  await passings.passed(line(1));
  await passings.passed(line(1));
  passings.stored(line(1), [deviceText("numbered", "1")], [6]);
  await passings.passed(line(1));
  expect(told).toEqual([5]);
  passings.stored(line(1), [deviceText("one"), deviceText("two", "2")], [7, 8]);
  await passings.passed(line(1));
  expect(told).toEqual([5, 7]);
});

it("leaves it to the text of the same step, and tells it after all when that was not stored", async () => {
  passings.stored(line(1), unnumbered, [5]);
  const telling = passings.passed(line(1));
  const taken = passings.take(7);
  expect(taken).toBe(5);
  await telling;
  expect(told).toEqual([]);
  passings.giveBack(7, taken);
  expect(passings.take(7)).toBe(5);
  passings.giveBack(7, taken);
  await passings.retry();
  await passings.retry();
  expect(told).toEqual([5]);
});

it("knows nothing of the line before: its text came again over this one", async () => {
  passings.stored(line(1), unnumbered, [5]);
  passings.stored(line(2), unnumbered, [5]);
  await passings.passed(line(1));
  expect(told).toEqual([]);
  await passings.passed(line(2));
  expect(told).toEqual([5]);
});

it("keeps what an outage kept from being told, the newest of it, beyond the line's end", async () => {
  down = true;
  passings.stored(line(1), unnumbered, [5]);
  await passings.passed(line(1));
  passings.stored(line(1), unnumbered, [6]);
  await passings.passed(line(1));
  passings.giveBack(7, 5);
  await passings.ended(7, 1);
  down = false;
  await passings.retry();
  expect(told).toEqual([6]);
});

it("says nothing of a line that ended before its device moved on", async () => {
  passings.stored(line(1), unnumbered, [5]);
  await passings.ended(7, 1);
  await passings.passed(line(1));
  expect(told).toEqual([]);
});
