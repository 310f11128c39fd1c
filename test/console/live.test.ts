/** What a page reads beside the stream: until it succeeds, again every few minutes, and at once when what it knows turned out to be old. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../src/console/api.ts";
import { ORIGIN } from "../../src/console/model/position.ts";
import type { TabMessage } from "../../src/console/tabs.ts";

const calls = vi.hoisted(() => ({ roster: vi.fn(), fleet: vi.fn() }));
const others = vi.hoisted(() => ({ tell: (_: TabMessage): void => undefined }));
vi.mock("../../src/console/calls.ts", () => calls);
/** A tab that follows another one. */
vi.mock("../../src/console/tabs.ts", () => ({
  Tabs: class {
    readonly leads = false;
    constructor(_name: string, hear: (message: TabMessage) => void) {
      others.tell = hear;
    }
    tell(): void {}
    close(): void {}
    lead = (): Promise<void> => new Promise(() => undefined);
  },
}));
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("addEventListener", () => undefined);

const { Live } = await import("../../src/console/live.ts");
const { isRefused, model, connection } = await import("../../src/console/state.ts");

const user = { id: 1, login: "d", timeZone: "UTC" };
const tracker = { id: 5, label: "Truck 5", driver: "", group: 0, model: null, deviceId: "5", searched: "truck 5" };
const nothing = (): void => undefined;
const MINUTES = 60_000;
let live: InstanceType<typeof Live>;

beforeEach(() => {
  vi.useFakeTimers();
  calls.fleet.mockResolvedValue([tracker]);
  calls.roster.mockResolvedValue({ eventId: "1-0", at: ORIGIN, entries: [] });
  connection.value = { type: "connecting" };
  live = new Live({ hash: "h", user }, { live: nothing, heard: () => [], seen: nothing, reset: nothing, ended: nothing });
  void live.run();
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.resetAllMocks();
  isRefused.value = false;
});

const isLive = async (): Promise<void> => {
  others.tell({ type: "connection", connection: { type: "live" } });
  await vi.advanceTimersByTimeAsync(0);
};

it("is read again when it could not be read", async () => {
  calls.roster.mockRejectedValueOnce(new ApiError(0, "away")).mockRejectedValueOnce(new ApiError(15, "too many", 20_000));
  await isLive();
  expect(model.value.trackers.size).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls.roster).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(calls.roster).toHaveBeenCalledTimes(3);
  expect(model.value.trackers.get(5)).toBe(tracker);
});

it("is read every few minutes, as long as the session lasts", async () => {
  await isLive();
  calls.fleet.mockResolvedValue([{ ...tracker, driver: "Ada" }]);
  await vi.advanceTimersByTimeAsync(7 * MINUTES);
  expect(model.value.trackers.get(5)?.driver).toBe("Ada");
  expect(calls.fleet).toHaveBeenCalledTimes(2);
  live.stop();
  await vi.advanceTimersByTimeAsync(60 * MINUTES);
  expect(calls.fleet).toHaveBeenCalledTimes(2);
});

it("is read at once when it is doubted, however often that is said", async () => {
  await isLive();
  live.doubtFleet();
  live.doubtFleet();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(calls.fleet).toHaveBeenCalledTimes(2);
});

it("tells when the session is over", async () => {
  calls.roster.mockRejectedValue(new ApiError(4, "no session"));
  await isLive();
  expect(isRefused.value).toBe(true);
});
