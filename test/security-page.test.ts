/** docs/security.md: what it says about passwords is tried with every protocol. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { DeviceRunner } from "../src/tools/device-runner.ts";
import { startWorld, until, type World } from "./support/gateway-world.ts";

const PAGE = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");

describe("passwords of devices", () => {
  const rows = new Map([...PAGE.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, name = "", password = ""]) => [name, password]));
  const DEVICE_ID = "356307042441013";
  const open: { readonly world: World; readonly runner: DeviceRunner }[] = [];

  afterEach(async () => {
    for (const { world, runner } of open.splice(0)) {
      runner.stop();
      await world.close();
    }
  });

  /** Whether a device with this password logs in where the fleet wants "1234". */
  async function logsIn(protocol: (typeof PROTOCOLS)[number], password: string): Promise<boolean> {
    const trackers = [{ id: 1, deviceId: DEVICE_ID, protocol: protocol.name, password: "1234" }];
    const world = await startWorld({ protocols: [protocol], fleet: { trackers, protocols: [protocol] } });
    const options = { deviceId: DEVICE_ID, password, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
    let turnedAway = false;
    const events = {
      connected: () => undefined,
      disconnected: () => {
        turnedAway = true;
      },
      output: ({ type }: { readonly type: string }) => {
        if (type === "refused" || type === "hangup") turnedAway = true;
      },
    };
    const runner = new DeviceRunner(protocol.device(options), { host: "127.0.0.1", port: world.port }, events);
    open.push({ world, runner });
    runner.start();
    await until(
      () => world.registry.size === 1 || turnedAway,
      () => `an answer to ${protocol.name}`,
    );
    return world.registry.size === 1;
  }

  it.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("are as the page says: %s", async (name, protocol) => {
    expect([...rows.keys()]).toContain(name);
    expect(await logsIn(protocol, "1234")).toBe(rows.get(name) !== "none");
    expect(await logsIn(protocol, "guessed")).toBe(false);
  });

  it("are listed for these protocols and no others", () => {
    expect([...rows.keys()].sort()).toEqual(PROTOCOLS.map(({ name }) => name).sort());
  });
});
