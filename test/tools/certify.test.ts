import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../protocols/index.ts";
import type { DeviceOptions, Profile, Protocol, SimulatedDevice } from "../../src/core/index.ts";
import { type Certificate, certificatePage, certify } from "../../src/tools/certify/certify.ts";
import { Station } from "../../src/tools/certify/station.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { DeviceRunner } from "../../src/tools/device-runner.ts";

const LIMITS = { loginMs: 10_000, idleMs: 60_000, halfFrameMs: 10_000, receiptMs: 400, strikes: 10, loginAttempts: 3 };
const DEVICE: Omit<DeviceOptions, "profile"> = {
  deviceId: "356307042441013",
  password: null,
  receipts: "ok",
  lateMs: 0,
  reply: null,
  keepAliveMs: 0,
};

/** The same device with a clock that runs faster: its re-sends need not be waited for. */
function hasty(device: SimulatedDevice, times: number): SimulatedDevice {
  return {
    connected: (now) => device.connected(now * times),
    received: (chunk, now) => device.received(chunk, now * times),
    say: (text, now) => device.say(text, now * times),
    position: (now) => device.position(now * times),
    tick: (now) => device.tick(now * times),
    get deadline() {
      return device.deadline === null ? null : device.deadline / times;
    },
  };
}

function isConsole(protocol: Protocol): boolean {
  return protocol.capabilities.textDown === "console";
}

function opened(protocol: Protocol): Profile {
  return checkedProfile(protocol, isConsole(protocol) ? { console: true } : {});
}

/** A simulated device does what the person at it is asked for. */
async function walk(protocol: Protocol, device: Partial<DeviceOptions>, deviceMs: number, personMs: number): Promise<Certificate> {
  const profile = opened(protocol);
  const station = new Station({ protocol, profile, deviceId: null, password: null, host: "127.0.0.1", port: 0, limits: LIMITS });
  await station.start();
  const silent = { connected: () => undefined, disconnected: () => undefined, output: () => undefined };
  const runner = new DeviceRunner(
    hasty(protocol.device({ ...DEVICE, profile, ...device }), 20),
    { host: "127.0.0.1", port: station.port },
    silent,
  );
  runner.start();
  const ask = (what: string): void => {
    if (what.startsWith("send")) runner.say("5");
  };
  try {
    return await certify(
      { station, protocol, profile, phrase: isConsole(protocol) ? "STATUS" : null, deviceMs, personMs, ask },
      () => undefined,
    );
  } finally {
    runner.stop();
    await station.stop();
  }
}

function verdicts({ results }: Certificate): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ exercise, verdict }) => [exercise, verdict]));
}

it.concurrent.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))(
  "a device that does as %s says passes",
  async (_name, protocol) => {
    const certificate = await walk(protocol, {}, 5_000, 8_000);
    expect(certificate.results.filter(({ verdict }) => verdict === "failed")).toEqual([]);
    expect(certificate).toMatchObject({ verdict: "passed", deviceId: DEVICE.deviceId });
    const long = isConsole(protocol) ? "not applicable" : "passed";
    const passed = { login: "passed", text: "passed", "long text": long, "reconnect, and a text that waited": "passed" };
    expect(verdicts(certificate)).toMatchObject(passed);
  },
  60_000,
);

describe.concurrent("a device that does not", () => {
  const [protocol] = PROTOCOLS;
  if (protocol === undefined) throw new Error("no protocols");

  it("acknowledge, or take what it is told, fails", async () => {
    for (const receipts of ["silent", "reject"] as const) {
      const certificate = await walk(protocol, { receipts }, 200, 500);
      expect(certificate.verdict).toBe("failed");
      expect(verdicts(certificate)).toMatchObject({ login: "passed", text: "failed" });
      expect(certificatePage(certificate, "1.0")).toContain(`| text | failed | ${receipts === "reject" ? "rejected" : "written"}`);
    }
  });

  it("come at all fails at once, and those that were not asked for are named", async () => {
    const profile = checkedProfile(protocol, {});
    const station = new Station({ protocol, profile, deviceId: "1", password: null, host: "127.0.0.1", port: 0, limits: LIMITS });
    await station.start();
    const silent = { connected: () => undefined, disconnected: () => undefined, output: () => undefined };
    const runner = new DeviceRunner(protocol.device({ ...DEVICE, profile }), { host: "127.0.0.1", port: station.port }, silent);
    runner.start();
    await station.until(() => station.house.strangers.size > 0, 5_000);
    const certificate = await certify(
      { station, protocol, profile, phrase: null, deviceMs: 100, personMs: 100, ask: () => undefined },
      () => undefined,
    );
    runner.stop();
    await station.stop();
    expect(certificate).toMatchObject({ verdict: "failed", deviceId: null, results: [{ exercise: "login", verdict: "failed" }] });
    expect(certificate.results[0]?.detail).toContain(DEVICE.deviceId);
  });
});
