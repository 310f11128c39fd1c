import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { EXAMPLE } from "./fleet/world.ts";
import { COMMAND_LINE } from "./support/command-line.ts";
import { freePort } from "./support/product.ts";

const START_MS = 30_000;
const DEMO_KEY = "a6aa75587e5c59c32d347da438505fc3";

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
interface Running {
  readonly child: ChildProcess;
  readonly output: { out: string; err: string };
  readonly ended: Promise<Outcome>;
}

let folder: string;
const processes = new Set<ChildProcess>();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterEach(async () => {
  for (const child of processes) {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Running {
  const base = { PATH: process.env["PATH"] ?? "", DATA_DIR: join(folder, "data"), LOG_LEVEL: "warn" };
  const child = spawn(process.execPath, [COMMAND_LINE, ...args], { env: { ...base, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  processes.add(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.err += chunk.toString();
  });
  if (input !== undefined) child.stdin.end(input);
  const ended = once(child, "close").then(([code]) => {
    processes.delete(child);
    return { code: code as number | null, ...output };
  });
  return { child, output, ended };
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Promise<Outcome> {
  return launch(args, env, input).ended;
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Free ports, so that nothing of this machine answers by chance. */
async function ports(): Promise<Readonly<Record<"HTTP_PORT" | "GATEWAY_PORT" | "GATEWAY_HOST", string>>> {
  return { HTTP_PORT: String(await freePort()), GATEWAY_PORT: String(await freePort()), GATEWAY_HOST: "127.0.0.1" };
}

describe("wrong usage and wrong settings", () => {
  const cases: readonly [string[], Record<string, string>, number, string][] = [
    [["serve", "--http-prot", "1"], {}, 2, "unknown option '--http-prot' (Did you mean --http-port?)"],
    [["serve", "--http-port", "x"], {}, 1, '--http-port: expected a port from 0 to 65535, got "x"'],
    [["serve"], { RECEIPT_TIMEOUT: "15" }, 1, 'RECEIPT_TIMEOUT: expected a duration like 500ms, 15s, 15m, 2h or 7d, got "15"'],
    [["serve"], { REDIS_URL: "redis://127.0.0.1:1" }, 1, "ADMIN_TOKEN: must be set when REDIS_URL is"],
    [["serve", "--protocol-ports", "morse:1"], {}, 1, 'PROTOCOL_PORTS: unknown protocol "morse", known are wialon-ips, jt808'],
    [["serve", "--capture-redact", "true"], {}, 1, "CAPTURE_REDACT: of no use without CAPTURE"],
    [["capture", "--out", "x"], {}, 1, "give --from, or --listen with --to"],
    [["capture", "--out", "x", "--listen", "1", "--to", "h:1"], {}, 1, '--listen: expected host:port, got "1"'],
    [["certify", "morse"], {}, 1, 'unknown protocol "morse", known are wialon-ips, jt808'],
    [["nonsense"], {}, 2, "unknown command 'nonsense'"],
    [["simulate", "wialon-ips"], {}, 2, "required option '--device-id <id>' not specified"],
    [["simulate", "morse", "--device-id", "1"], {}, 1, 'unknown protocol "morse", known are wialon-ips, jt808'],
    [["decode", "jt808", "xyz"], {}, 1, "these are no whole bytes in hex digits, and no lines of a log; for text use --text"],
    [["fleet", "import", "/nowhere.json"], {}, 1, "/nowhere.json cannot be read (ENOENT)"],
    [["export"], {}, 2, "required option '--user <id>' not specified"],
    [["export", "--user", "x"], {}, 2, "option '--user <id>' argument 'x' is invalid. Expected an id from 1 to 2147483647."],
    [
      ["export", "--user", "1", "--format", "xml"],
      {},
      2,
      "option '--format <format>' argument 'xml' is invalid. Allowed choices are ndjson, csv.",
    ],
    [["replay", "/nowhere.transcript"], {}, 1, "/nowhere.transcript: ENOENT"],
  ];
  it.each(cases)("%j with %j ends with %i and one line", async (args, env, code, message) => {
    const outcome = await run(args, env);
    expect(outcome).toMatchObject({ code, out: "" });
    expect(outcome.err).toContain(`tracker-chat: ${message}`);
    expect(outcome.err.trimEnd()).not.toContain("\n");
  });
});

describe("help", () => {
  it("names every command and every setting, with examples", async () => {
    const [root, serve] = await Promise.all([run(["--help"]), run(["serve", "--help"])]);
    for (const command of [
      "serve",
      "fleet",
      "export",
      "migrate",
      "protocols",
      "simulate",
      "decode",
      "capture",
      "certify",
      "replay",
      "bench",
    ]) {
      expect(root.out).toMatch(new RegExp(`^  ${command} `, "m"));
    }
    expect(root.out).toContain("Examples:");
    for (const flag of ["--redis-url", "--http-port", "--protocol-ports", "--admin-token", "--maxmemory", "--demo"])
      expect(serve.out).toContain(flag);
    expect([root.code, serve.code]).toEqual([0, 0]);
  });
});

describe("protocols and decode", () => {
  it("show what there is", async () => {
    const [json, table] = await Promise.all([run(["protocols", "--json"]), run(["protocols", "jt808"])]);
    const listed = JSON.parse(json.out) as readonly { readonly name: string; readonly capabilities: object; readonly profile: object }[];
    expect(listed).toMatchObject(PROTOCOLS.map(({ name, title, capabilities, profile }) => ({ name, title, capabilities, profile })));
    expect(table.out).toMatch(/^jt808 +chat +yes +by-tag/m);
    expect(table.out).toMatch(/^ {2}edition +"auto" \| "2011"/m);
  });

  it("show every capability and every setting of all", async () => {
    const all = await run(["protocols"]);
    for (const { name, capabilities, profile } of PROTOCOLS) {
      const shown = all.out.slice(all.out.indexOf(`profile of "protocol": "${name}"`)).split("\n\n")[0];
      for (const key of Object.keys(profile["properties"] ?? {})) expect(shown).toMatch(new RegExp(`^  ${key} +\\S`, "m"));
      const row = all.out.split("\n").find((line) => line.startsWith(`${name} `));
      const values = Object.values(capabilities).filter((value) => typeof value !== "boolean");
      expect(row?.split(/ {2,}/)).toEqual(expect.arrayContaining(values.map((value) => [value].flat().join(" "))));
    }
  });

  it("explain frames, and what is none", async () => {
    const hex = Buffer.from("#M#Hello\r\n#P").toString("hex");
    const path = file("frames.hex", `${hex.slice(0, 10)}\n${hex.slice(10)}`);
    const [auto, text, raw] = await Promise.all([
      run(["decode", "auto", hex, "--json"]),
      run(["decode", "wialon-ips", "--text", "#M#Hello\\r\\n#P"]),
      run(["decode", "wialon-ips", "--file", path]),
    ]);
    expect(JSON.parse(auto.out)).toMatchObject({
      protocol: "wialon-ips",
      units: [
        { kind: "frame", bytes: hex.slice(0, 16) },
        { kind: "rest", bytes: "2350" },
      ],
    });
    expect(text.out).toMatch(/^ {2}text +Hello/m);
    expect(text.out).toContain("rest: a frame that is not complete");
    expect(raw.out).toBe(text.out);
  });
});

describe("a field problem", () => {
  const hex = (text: string): string => Buffer.from(text).toString("hex");
  const log = [
    `2026-11-22 10:00:00  INFO: [T7ebedb62: wialon < 10.0.0.1] ${hex("#L#356307042441013;NA\r\n")}`,
    "2026-11-22 10:00:00  INFO: [T7ebedb62: wialon > 10.0.0.1] #AL#1\\r\\n",
    "2026-11-22 10:00:05  INFO: [T7ebedb62: wialon < 10.0.0.1] #M#Hello\\r\\n",
    `2026-11-22 10:00:06  INFO: [T00000002: other < 10.0.0.2] ${"ee".repeat(80)}`,
  ];

  it("in a log of Traccar is explained, and becomes a transcript", async () => {
    const path = file("tracker-server.log", log.join("\n"));
    const out = join(folder, "transcripts");
    const [pasted, captured] = await Promise.all([
      run(["decode", "auto", log.slice(0, 3).join("\n")]),
      run(["capture", "--from", path, "--out", out]),
    ]);
    expect(pasted.out).toMatch(/^2026-11-22 10:00:00\.000 > Login/m);
    expect(pasted.out).toMatch(/^2026-11-22 10:00:00\.000 < Answer to a login/m);
    expect(captured).toMatchObject({ code: 0, err: "" });
    expect(captured.out).toContain("left out: T00000002: no protocol begins with these bytes");
    const transcript = readFileSync(join(out, "wialon-ips-T7ebedb62.transcript"), "utf8");
    expect(transcript).toBe(
      [
        "title: T7ebedb62",
        "protocol: wialon-ips",
        "device-id: 356307042441013",
        "",
        '> "#L#356307042441013;NA\\r\\n"',
        '< "#AL#1\\r\\n"',
        "wait 5s",
        '> "#M#Hello\\r\\n"',
        'text "Hello"',
        "",
      ].join("\n"),
    );
  });

  it("in a packet capture needs tshark, which is said", async () => {
    const path = join(folder, "field.pcap");
    writeFileSync(path, Buffer.from("d4c3b2a102000400", "hex"));
    const outcome = await run(["decode", "auto", "--file", path], { PATH: "/nowhere" });
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain("is a packet capture: install tshark, or run this where it is and give what it prints: tshark -n -r");
  });
});

describe("a fleet without a running product", () => {
  it("is imported and exported on the store itself, which is stopped again", async () => {
    const env = { ...(await ports()), DATA_DIR: join(folder, "direct") };
    const path = file("fleet.json", JSON.stringify({ ...EXAMPLE, users: [{ ...EXAMPLE.users[0], api_keys: [{ title: "made" }] }] }));
    const imported = await run(["fleet", "import", path], env);
    expect(imported).toMatchObject({ code: 0, err: "" });
    expect(imported.out).toMatch(/^trackers +1 +1 new, 0 changed, 0 as before$/m);
    expect(imported.out).toMatch(/^API key "made" of user 1, shown this once: [0-9a-f]{32}$/m);
    expect(existsSync(join(env.DATA_DIR, "redis.pid"))).toBe(false);
    expect(existsSync(join(env.DATA_DIR, "product.lock"))).toBe(false);
    const exported = await run(["fleet", "export"], env);
    expect(JSON.parse(exported.out)).toMatchObject({ employees: EXAMPLE.employees, dealers: EXAMPLE.dealers });
    const again = await run(["fleet", "import", "-"], env, exported.out);
    expect(again.out).toMatch(/^trackers +1 +0 new, 0 changed, 1 as before$/m);
  });

  it("is refused with every path", async () => {
    const env = { ...(await ports()), DATA_DIR: join(folder, "refused") };
    const path = file(
      "bad.json",
      JSON.stringify({ users: [{ id: 1, login: "a", time_zone: "Mars" }], trackers: [{ id: 2, user_id: 9, device_id: "1" }] }),
    );
    const outcome = await run(["fleet", "import", path], env);
    expect(outcome).toMatchObject({ code: 1, out: "" });
    expect(outcome.err.trimEnd().split("\n")).toEqual([
      "tracker-chat: trackers[0].user_id: there is no user 9",
      'tracker-chat: users[0].time_zone: "Mars" is no IANA time zone',
    ]);
    expect((await run(["fleet", "import", file("no.json", "{")], env)).err).toMatch(/^tracker-chat: .*no\.json is not JSON: .*\n$/);
    expect((await run(["lines"], env)).err).toBe(
      `tracker-chat: nothing listens at http://127.0.0.1:${env.HTTP_PORT}: is tracker-chat running?\n`,
    );
  });
});

describe("a running product", () => {
  it("starts with nothing, is looked after from the command line, and ends with its Redis", async () => {
    const env = { ...(await ports()), DATA_DIR: join(folder, "served") };
    const product = launch(["serve"], env);
    const url = `http://127.0.0.1:${env.HTTP_PORT}`;
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: START_MS, interval: 100 });
    await vi.waitFor(() => expect(product.output.out).toContain("tracker-chat is running"));

    const tokenFile = join(env.DATA_DIR, "admin-token");
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(product.output.out).toContain(readFileSync(tokenFile, "utf8").trim());

    const exported = await run(["fleet", "export"], env);
    expect((JSON.parse(exported.out) as typeof EXAMPLE).trackers.map(({ id }) => id)).toEqual([1_000_001, 1_000_002, 1_000_003]);
    const path = file(
      "more.json",
      JSON.stringify({
        trackers: [
          { id: 5, user_id: 1_000_001, device_id: "555" },
          { id: 1_000_001, label: "Lorry" },
        ],
      }),
    );
    expect((await run(["fleet", "import", path], env)).out).toMatch(/^trackers +2 +1 new, 1 changed, 0 as before$/m);
    expect((await run(["fleet", "import", path, "--admin-token", "wrong"], env)).err).toContain("refused the admin token");
    const second = await run(["serve"], { ...env, ...(await ports()) });
    expect(second).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^tracker-chat: DATA_DIR: .* is in use by another tracker-chat \(process \d+\)\n$/),
    });

    const at = ["--port", env.GATEWAY_PORT];
    const device = launch(["simulate", "wialon-ips", "--device-id", "356307042441013", ...at], env);
    const stranger = launch(["simulate", "wialon-ips", "--device-id", "424242", ...at], env);
    await vi.waitFor(() => expect(device.output.out).toContain("online as 356307042441013"), { timeout: START_MS });
    await vi.waitFor(() => expect(stranger.output.out).toContain("login refused"), { timeout: START_MS });
    const [lines, unknown] = await Promise.all([run(["lines", "--json"], env), run(["unknown"], env)]);
    expect(JSON.parse(lines.out)).toMatchObject([{ tracker_id: 1_000_001, protocol: "wialon-ips" }]);
    expect(unknown.out).toMatch(/^424242 +wialon-ips +127\.0\.0\.1/m);

    const body = new URLSearchParams({ hash: DEMO_KEY, tracker_id: "1000001", message: "Hello driver" });
    expect(await (await fetch(`${url}/tracker/chat/send`, { method: "POST", body })).json()).toMatchObject({ success: true });
    await vi.waitFor(() => expect(device.output.out).toContain("< Hello driver"));
    expect((await run(["lines", "kick", "1000001"], env)).out).toBe("done\n");
    await vi.waitFor(() => expect(device.output.out).toContain("disconnected"));
    device.child.kill("SIGINT");
    const summary = await device.ended;
    expect(summary.code).toBe(0);
    expect(JSON.parse(summary.out.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ devices: 1, texts_shown: 1 });

    const redis = Number(readFileSync(join(env.DATA_DIR, "redis.pid"), "utf8"));
    product.child.kill("SIGTERM");
    expect((await product.ended).code).toBe(0);
    expect(() => process.kill(redis, 0)).toThrow("ESRCH");
  }, 120_000);
});
