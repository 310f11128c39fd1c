/** ops/systemd/tracker-chat.service: what it starts, how long it may take to end, and what it may do. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "../src/config.ts";

const ROOT = join(import.meta.dirname, "..");
const UNIT = readFileSync(join(ROOT, "ops/systemd/tracker-chat.service"), "utf8");
/** Of systemd's scale from 0 (nothing is open) to 100. */
const MOST_EXPOSED = 15;
/** README.md: a drain ends within this. */
const DRAIN_SECONDS = 10;

const sections = sectionsOf(UNIT);
const service = sections.get("Service") ?? new Map<string, string[]>();
const one = (name: string): string | undefined => service.get(name)?.at(-1);

describe("the unit", () => {
  it("has the three sections, and no line that is none", () => {
    expect([...sections.keys()]).toEqual(["Unit", "Service", "Install"]);
    const strange = UNIT.split("\n").filter((line) => !/^(?:#.*|\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.*|)$/.test(line));
    expect(strange).toEqual([]);
  });

  it("starts what the image starts", () => {
    const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
    expect(dockerfile).toContain('ENTRYPOINT ["node", "dist/src/cli.js"]\nCMD ["serve"]');
    expect(one("ExecStart")).toBe("/usr/bin/node /opt/tracker-chat/dist/src/cli.js serve");
  });

  it("gives the product settings that it takes, with its data where it may write", () => {
    const env = Object.fromEntries((one("Environment") ?? "").split(" ").map((pair) => pair.split("=", 2) as [string, string]));
    expect(readConfig({}, [], env).dataDir).toBe(`/var/lib/${one("StateDirectory")}`);
    expect(one("DynamicUser")).toBe("yes");
    expect(one("StateDirectoryMode")).toBe("0700");
    expect(one("EnvironmentFile")).toBe("-/etc/tracker-chat/environment");
  });

  it("leaves time for the drain and for Redis, and ends the product alone", () => {
    const [, redisMs = ""] = /^const REDIS_STOP_MS = ([\d_]+);$/m.exec(readFileSync(join(ROOT, "src/main-node.ts"), "utf8")) ?? [];
    const redisSeconds = Number(redisMs.replaceAll("_", "")) / 1_000;
    expect(redisSeconds).toBeGreaterThan(0);
    expect(Number(one("TimeoutStopSec"))).toBeGreaterThanOrEqual(DRAIN_SECONDS + redisSeconds);
    expect(one("KillMode")).toBe("mixed");
  });

  it("comes back after a failure, has a descriptor a device, and no privilege", () => {
    expect(one("Restart")).toBe("on-failure");
    expect(Number(one("LimitNOFILE"))).toBeGreaterThanOrEqual(65_536);
    expect(one("CapabilityBoundingSet")).toBe("");
    for (const name of ["NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "RestrictSUIDSGID"])
      expect(one(name), name).toBe("yes");
    expect(one("ProtectSystem")).toBe("strict");
    expect(service.get("SystemCallFilter")).toEqual(["@system-service @pkey", "~@privileged @resources"]);
  });
});

describe("systemd, where it is installed", () => {
  const folder = mkdtempSync(join(tmpdir(), "tracker-chat-unit-"));
  const file = join(folder, "tracker-chat.service");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds nothing wrong with the unit, and little exposed", () => {
    // It wants to find the program.
    writeFileSync(file, UNIT.replace(/^ExecStart=\S+ \S+/m, `ExecStart=${process.execPath} ${join(ROOT, "bin/tracker-chat.js")}`));
    expect(analyze("verify", "--man=no", file) ?? "").toBe("");
    const told = analyze("security", "--offline=true", "--no-pager", `--threshold=${MOST_EXPOSED}`, file);
    if (told !== null) expect(told).toMatch(/Overall exposure level for tracker-chat\.service: \d/);
    expect(told ?? "").not.toContain("it ended with");
  });

  it("finds what is wrong with another", () => {
    writeFileSync(file, UNIT.replace("TimeoutStopSec=90", "TimeoutStopSec=soon"));
    const told = analyze("verify", "--man=no", file);
    if (told !== null) expect(told).toContain("Failed to parse time value, ignoring: soon");
  });
});

/** What systemd-analyze says, on both streams; null where there is none. */
function analyze(...given: readonly string[]): string | null {
  try {
    return execFileSync("bash", ["-c", 'command -v systemd-analyze >/dev/null || exit 127; systemd-analyze "$@" 2>&1', "bash", ...given], {
      encoding: "utf8",
    });
  } catch (error) {
    const { status, stdout } = error as { readonly status: number; readonly stdout: string };
    if (status === 127) {
      console.log("systemd-analyze is not installed: its checks are left out");
      return null;
    }
    return `it ended with ${status}: ${stdout}`;
  }
}

/** Section -> directive -> its values, in order. */
function sectionsOf(unit: string): ReadonlyMap<string, Map<string, string[]>> {
  const found = new Map<string, Map<string, string[]>>();
  let current = new Map<string, string[]>();
  for (const line of unit.split("\n")) {
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, name = "", value = ""] = /^([A-Z]\w*)=(.*)$/.exec(line) ?? [];
    if (heading !== undefined) {
      current = new Map();
      found.set(heading, current);
    } else if (name !== "") current.set(name, [...(current.get(name) ?? []), value]);
  }
  return found;
}
