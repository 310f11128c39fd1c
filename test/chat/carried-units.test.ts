/** Which units a line may carry, asked as a line asks: a link adds no right of its own. */
import { describe, expect, it } from "vitest";
import { LineChat } from "../../src/chat/lines.ts";
import type { LoginVerdict, Profile } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryDirectory } from "../support/fleet.ts";
import { shared } from "../support/scripted-units.ts";

interface Case {
  readonly unitPassword?: string;
  readonly unitProfile?: Profile;
  /** Absent: the link is unknown to the fleet. */
  readonly link?: { readonly password?: string; readonly profile?: Profile; readonly foreign?: boolean };
}

const OPEN: Case = {};

function chatOf({ unitPassword = "", unitProfile = {}, link }: Case): { readonly chat: LineChat; readonly directory: MemoryDirectory } {
  const unit = { id: 1, deviceId: "5", userId: 1, password: unitPassword === "" ? null : unitPassword, profile: unitProfile };
  const hub = {
    id: 9,
    deviceId: "hub",
    userId: link?.foreign === true ? 2 : 1,
    password: link?.password ?? null,
    profile: link?.profile ?? {},
  };
  const directory = new MemoryDirectory({ trackers: link === undefined ? [unit] : [unit, hub], protocols: [shared] });
  const chat = new LineChat({
    store: new MemoryStore(Date.now),
    directory,
    outbox: { hint: () => Promise.resolve() },
    node: "a",
    now: () => 0,
    warn: () => undefined,
  });
  return { chat, directory };
}

/** What a link hears of its unit, and the verdict on the link itself. */
async function asked(given: Case): Promise<{ readonly link: LoginVerdict; readonly unit: LoginVerdict }> {
  const { chat } = chatOf(given);
  const caller = { protocol: shared, address: "192.0.2.1" };
  const link = await chat.identify({ scope: "link", key: "hub", password: given.link?.password ?? null }, caller);
  const carrier = link.verdict.type === "accepted" ? link.verdict.identity : null;
  const unit = await chat.identify({ scope: "unit", key: "5", password: null }, { ...caller, carrier });
  return { link: link.verdict, unit: unit.verdict };
}

describe("a unit without a password", () => {
  it.each<[string, Case]>([
    ["nobody's link", OPEN],
    ["a link of its account", { link: {} }],
    ["a link of another account", { link: { foreign: true } }],
  ])("may be carried by %s, as it might come by itself", async (_, given) => {
    expect((await asked(given)).unit.type).toBe("accepted");
  });

  it("may be kept to lines of its account", async () => {
    const unitProfile = { carriedBy: "account" };
    const refused = { type: "refused", reason: "unsupported" };
    expect((await asked({ unitProfile })).unit).toEqual(refused);
    expect((await asked({ unitProfile, link: { foreign: true } })).unit).toEqual(refused);
    expect((await asked({ unitProfile, link: {} })).unit.type).toBe("accepted");
  });
});

describe("a unit with a password", () => {
  it("is carried only by a link of its account that has proved itself by one", async () => {
    const refused = { type: "refused", reason: "wrong-password" };
    const unitPassword = "own";
    expect((await asked({ unitPassword })).unit).toEqual(refused);
    expect((await asked({ unitPassword, link: {} })).unit).toEqual(refused);
    expect((await asked({ unitPassword, link: { password: "s3cret", foreign: true } })).unit).toEqual(refused);
    expect((await asked({ unitPassword, link: { password: "s3cret" } })).unit.type).toBe("accepted");
  });
});

describe("a link", () => {
  it("that the fleet does not know is nobody, and is not reported as an unknown device", async () => {
    const { chat, directory } = chatOf(OPEN);
    const { verdict, epoch } = await chat.identify(
      { scope: "link", key: "hub", password: null },
      { protocol: shared, address: "192.0.2.1" },
    );
    expect({ verdict, epoch, unknown: directory.unknown }).toEqual({ verdict: { type: "carrier" }, epoch: null, unknown: [] });
  });

  it("of the fleet logs in like any tracker", async () => {
    const { chat, directory } = chatOf({ link: { password: "s3cret" } });
    const caller = { protocol: shared, address: "192.0.2.1" };
    const said = (password: string | null) => chat.identify({ scope: "link", key: "hub", password }, caller);
    expect((await said(null)).verdict).toEqual({ type: "refused", reason: "wrong-password" });
    expect((await said("s3cret")).verdict.type).toBe("accepted");
    directory.change(9, { blocked: true });
    expect((await said("s3cret")).verdict).toEqual({ type: "refused", reason: "blocked" });
  });

  it("may be denied any units", async () => {
    expect((await asked({ link: { profile: { units: false } } })).unit).toEqual({ type: "refused", reason: "unsupported" });
  });

  it("carries no unit of another protocol, none that is blocked, and none that nobody knows", async () => {
    const { chat, directory } = chatOf(OPEN);
    const caller = { protocol: shared, address: "192.0.2.1", carrier: null };
    const unit = (key: string) => chat.identify({ scope: "unit", key, password: null }, caller);
    expect((await unit("7")).verdict).toEqual({ type: "refused", reason: "unknown-device" });
    expect(directory.unknown).toEqual([{ key: "7", protocol: shared.name, address: "192.0.2.1" }]);
    directory.change(1, { protocol: "another" });
    expect((await unit("5")).verdict).toEqual({ type: "refused", reason: "wrong-protocol" });
    directory.change(1, { protocol: null, blocked: true });
    expect((await unit("5")).verdict).toEqual({ type: "refused", reason: "blocked" });
  });
});
