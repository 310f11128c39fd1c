/** Consoles through the HTTP calls: 214 unless the profile opens them, rejected unless it is a command that the profile allows. */
import { afterAll, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../protocols/index.ts";
import type { Tracker } from "../../src/chat/fleet.ts";
import { LineChat } from "../../src/chat/lines.ts";
import type { DrainRequest, MessageStore } from "../../src/chat/ports.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { type Api, startApi, storeWith } from "../support/api.ts";

interface Case {
  readonly protocol: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly textDown: "chat" | "console" | "none";
  /** Deliveries of one text. */
  readonly attempts: number;
}

const CASES: readonly Case[] = [
  { protocol: "gt06", profile: {}, textDown: "none", attempts: 3 },
  { protocol: "gt06", profile: { console: true }, textDown: "console", attempts: 3 },
  { protocol: "galileosky", profile: {}, textDown: "none", attempts: 3 },
  { protocol: "galileosky", profile: { inner: "none", console: true }, textDown: "console", attempts: 3 },
  { protocol: "galileosky", profile: { inner: "garmin-fmi" }, textDown: "chat", attempts: 10 },
  { protocol: "galileosky", profile: { inner: "garmin-fmi", console: true }, textDown: "chat", attempts: 10 },
  { protocol: "ruptela", profile: {}, textDown: "none", attempts: 3 },
  { protocol: "ruptela", profile: { console: true, prefix: "pass " }, textDown: "console", attempts: 3 },
  { protocol: "teltonika", profile: {}, textDown: "chat", attempts: 10 },
  { protocol: "teltonika", profile: { inner: "garmin-fmi", console: true }, textDown: "chat", attempts: 10 },
  { protocol: "teltonika", profile: { inner: "none" }, textDown: "none", attempts: 3 },
  { protocol: "teltonika", profile: { inner: "none", console: true }, textDown: "console", attempts: 3 },
];

const GUARDED = 100;
const LINE = { outbox: { hint: () => Promise.resolve() }, node: "n", now: () => 0, warn: () => undefined };

function trackerOf(id: number, protocol: string, profile: Case["profile"]): Pick<Tracker, "id" | "protocol" | "profile"> {
  const known = PROTOCOLS.find(({ name }) => name === protocol);
  if (known === undefined) throw new Error(`there is no ${protocol}`);
  return { id, protocol, profile: checkedProfile(known, profile) };
}

const trackers = CASES.map(({ protocol, profile }, index) => trackerOf(index + 1, protocol, profile));
const guarded = trackerOf(GUARDED, "gt06", { console: true, allowedCommands: ["STATUS#", "TIMER,*#"] });

const api: Api = await startApi({ fleet: { trackers: [...trackers, guarded], protocols: PROTOCOLS } });
afterAll(() => api.app.close());

const codeOf = ({ body }: { readonly body: { readonly success: boolean; readonly status: { readonly code: number } } }): number =>
  body.success ? 0 : body.status.code;

describe.each(CASES.map((one, index) => [one.protocol, JSON.stringify(one.profile), index + 1, one] as const))(
  "%s %s",
  (_protocol, _profile, tracker_id, { textDown, attempts }) => {
    const refused = textDown === "none" ? 214 : 0;

    it(`is ${textDown} to send, list, broadcast and capabilities`, async () => {
      expect(codeOf(await api.call("list", { tracker_id }))).toBe(refused);
      expect(codeOf(await api.call("send", { tracker_id, message: "STATUS#" }))).toBe(refused);
      const { body } = await api.call("broadcast", { trackers: [tracker_id], message: "STATUS#" });
      expect(refused === 0 ? body.sent_to : body.not_sent_to).toEqual([tracker_id]);
      const { value } = (await api.call("capabilities", { tracker_id, message: "STATUS#" })).body;
      expect(value).toMatchObject({ text_down: textDown, sendable: textDown !== "none" });
      if (textDown !== "chat") expect(value).toMatchObject({ text_up: false, read: false, choices: false });
    });

    it(`goes out ${attempts} times at most`, async () => {
      const tracker = trackers[tracker_id - 1];
      const protocol = PROTOCOLS.find(({ name }) => name === tracker?.protocol);
      if (tracker === undefined || protocol === undefined) throw new Error("no such tracker");
      const asked: DrainRequest[] = [];
      const drain: MessageStore["drain"] = (request) => {
        asked.push(request);
        return Promise.resolve({ type: "stale" });
      };
      const store = storeWith(api.store, { drain });
      const lines = new LineChat({ ...LINE, store, directory: api.directory });
      const identity = { trackerId: tracker_id, deviceId: "1", profile: tracker.profile, secret: null };
      await lines.drain({ identity, protocol, epoch: 1 }, { settlements: [], held: [], room: 1 });
      expect(asked).toMatchObject([{ maxAttempts: attempts }]);
    });
  },
);

describe("what is sent to a console", () => {
  const states = async (id: number) => {
    const { body } = await api.call("message/timeline", { message_id: id });
    return body.timeline.map(({ state, reason }: { state: string; reason?: string }) => (reason ? `${state}: ${reason}` : state));
  };

  it.each([
    ["STATUS#", "queued"],
    ["TIMER,10#", "queued"],
    ["RESET#", "the profile allows other commands only (allowedCommands)"],
    ["Where are you?\nHello?", "a command is 1 to 245 ASCII characters on one line"],
    ["привет", "a command is 1 to 245 ASCII characters on one line"],
  ])("%j: %s", async (message, outcome) => {
    const { id } = (await api.call("send", { tracker_id: GUARDED, message })).body;
    expect((await states(id)).join()).toContain(outcome);
    const { sent_to, not_sent_to } = (await api.call("broadcast", { trackers: [GUARDED], message })).body;
    expect([sent_to, not_sent_to]).toEqual(outcome === "queued" ? [[GUARDED], []] : [[], [GUARDED]]);
  });

  it("is said beforehand", async () => {
    const ask = async (message: string) => (await api.call("capabilities", { tracker_id: GUARDED, message })).body.value;
    expect(await ask("RESET#")).toMatchObject({ text_down: "console", sendable: false, lost: [] });
    expect(await ask("grün")).toMatchObject({ sendable: false, lost: ["ü"] });
    expect(await ask("STATUS#")).toMatchObject({ sendable: true, charset: "ascii", bytes_per_part: 245, parts: 1 });
  });
});
