import pino from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { Presence } from "../../src/gateway/presence.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says at each renewal whether the lease had lapsed, and nothing while the store is away", async () => {
  const replies: ("kept" | "taken" | null)[] = ["taken", "kept", null, "taken", "kept"];
  const heard: string[] = [];
  const store = {
    renewLease: () => {
      const reply = replies.shift() ?? null;
      return reply === null ? Promise.reject(new StoreUnavailable("away")) : Promise.resolve(reply);
    },
    dropLease: () => Promise.resolve(),
  };
  const presence = new Presence({ store, node: "a", log: pino({ level: "silent" }), onRenewed: (lease) => heard.push(lease) });
  await presence.start();
  expect(heard).toEqual(["taken"]);
  await vi.advanceTimersByTimeAsync(12_000);
  expect(heard).toEqual(["taken", "kept", "taken", "kept"]);
  await presence.stop();
});
