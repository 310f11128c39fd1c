/** Every command of the documentation is run here, as its reader would run it, or named below with the reason why not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf, fencesOf, linesOf, pages } from "./support/docs-pages.ts";
import { DocsShell } from "./support/docs-shell.ts";
import { until } from "./support/gateway-world.ts";
import { TestDevice } from "./support/product.ts";
import { startCluster, type TestCluster } from "./support/redis-cluster.ts";
import { type SecureRedis, startSecureRedis } from "./support/secure-redis.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = pages();

/** Lines that begin so are left out of their block; a line that is not run is named here or fails. */
const NOT_RUN: readonly { readonly begins: string; readonly why: string }[] = [
  { begins: "npm ci", why: "it would replace the packages that these tests run on; .ci/run begins with it" },
  { begins: "sudo ", why: "changes the machine; test/systemd-unit.test.ts checks what it installs" },
  { begins: "docker ", why: "needs a container engine; scripts/image-rehearsal.sh runs what the image holds" },
  { begins: "ADMIN_TOKEN=$(openssl rand -hex 32) docker ", why: "the same; test/repository.test.ts checks compose.yaml" },
  { begins: "kubectl ", why: "needs a cluster; test/kubernetes.test.ts checks what it applies" },
  { begins: "npm start", why: "builds the product that scripts/image-rehearsal.sh starts; here the same runs from its sources" },
  { begins: "npm test", why: "these are the tests" },
  { begins: "git clone", why: "there is no repository to clone from" },
  { begins: "npm run new-protocol", why: "writes into the checkout; test/authoring.test.ts runs it in a copy" },
  { begins: "npx vitest", why: "a test of a protocol that test/authoring.test.ts makes" },
  { begins: "npm run faults", why: "takes root and an hour; test/faults.test.ts runs a short one" },
  { begins: "npm run dev", why: "the product from its sources is what runs here; the console's watcher needs the checkout" },
  { begins: "npx tracker-chat migrate", why: "no node may run meanwhile; test/product/schema.test.ts runs it" },
  { begins: "redis-cli", why: "need not be here; test/product/backup.test.ts sends the same commands" },
  { begins: "cp ", why: "test/product/backup.test.ts copies the files of its own Redis" },
  { begins: "npx tracker-chat simulate acme", why: "a device of the protocol that test/authoring.test.ts makes" },
];

/** Commands that go on until somebody ends them, and what they say when they are at work. */
const GO_ON: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/tracker-chat serve\b/, /tracker-chat is running/],
  [/tracker-chat simulate\b/, /online/],
  [/tracker-chat capture --listen\b/, /passes to/],
  [/tracker-chat certify\b/, /waiting for the device on port/],
  [/^curl .*-N\b/m, /event: hello/],
];

let shell: DocsShell;
let secure: SecureRedis | null = null;
let cluster: TestCluster | null = null;

/** What cannot be the same here. */
const STANDS_FOR: readonly (readonly [shown: string, here: () => string | Promise<string>])[] = [
  ["rediss://tracker-chat:SECRET@redis.internal:6380", async () => (await secureRedis()).url],
  ["redis://10.0.0.11:6379,redis://10.0.0.12:6379", async () => (await redisCluster()).masters.map(({ url }) => url).join()],
  ["REDIS_CA=ca.pem", async () => `REDIS_CA=${(await secureRedis()).authority.file}`],
  ["ADMIN_TOKEN=...", () => "ADMIN_TOKEN=a-token"],
  ["decode auto HEX", () => "decode auto 234d2348656c6c6f0d0a"],
  // A capture needs tshark, which need not be here; test/tools/recordings.test.ts reads what it prints.
  ["field.pcap", () => "tracker-server.log"],
];

/** What happens before a command, by how its block begins. */
const BEFORE: readonly (readonly [begins: string, happens: () => Promise<void>])[] = [["npx tracker-chat replay", deviceIsRecorded]];

/** What a sentence repeats was run where it stood first. */
const COMMANDS = PAGES.flatMap(commandsOf).filter(
  ({ text, isBlock }, index, all) => isBlock || all.findIndex((other) => other.text.trim() === text) === index,
);

beforeAll(async () => {
  shell = await DocsShell.start();
}, 60_000);

afterAll(async () => {
  await shell.stop();
  await secure?.stop();
  await cluster?.stop();
}, 60_000);

describe.each([...new Set(COMMANDS.map(({ page }) => page))])("the commands of %s", { timeout: 90_000 }, (page) => {
  afterAll(() => shell.quiet(), 60_000);

  it.each(COMMANDS.filter((told) => told.page === page).map((told) => [`${told.line}: ${told.text.split("\n")[0]}`, told] as const))(
    "line %s",
    async (_, told) => {
      const lines = linesOf(told.text).filter((line) => reasonNotToRun(line) === undefined);
      if (lines.length === 0) return;
      for (const [begins, happens] of BEFORE) if (told.text.startsWith(begins)) await happens();
      await play(await here(lines));
    },
  );
});

describe("the commands of the documentation", { timeout: 60_000 }, () => {
  it("are written in `sh` blocks, which are the ones that are run", () => {
    const others = PAGES.flatMap(fencesOf).filter(({ language }) => /^(?:|bash|shell|console|terminal|zsh)$/.test(language));
    expect(others.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
    expect(COMMANDS.length).toBeGreaterThan(20);
  });

  it("are found in blocks, joined and without comments, and in sentences", () => {
    const text =
      "1. First `curl -s http://here/`:\n\n   ```sh\n   one \\\n     two # three\n   # four\n   five '#'\n   ```\n\n```json\n`curl http://no/`\n```\n`curl -N`\n";
    const found = commandsOf({ path: "a.md", text });
    expect(found.map(({ line, text: command }) => [line, linesOf(command)])).toEqual([
      [1, ["curl -s http://here/"]],
      [4, ["one two", "five '#'"]],
    ]);
  });

  it("fail when they fail, and when the API says no", async () => {
    await expect(shell.run("false | cat")).rejects.toThrow("ended with 1");
    const wrong = await shell.place("curl -s http://127.0.0.1:8080/tracker/chat/list -d hash=00000000000000000000000000000000");
    await expect(shell.run(wrong)).rejects.toThrow('"code":4');
    await expect(shell.run("npx cowsay")).rejects.toThrow("no npx cowsay");
  });

  it("are left out for a reason that still counts", () => {
    const lines = COMMANDS.flatMap(({ text }) => linesOf(text));
    for (const { begins } of NOT_RUN) expect(lines.filter((line) => line.startsWith(begins)).length, begins).toBeGreaterThan(0);
  });

  it("name scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly scripts: object };
    const named = PAGES.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(([, name]) => [path, name]),
    );
    expect(named.filter(([, name = ""]) => !(name in scripts))).toEqual([]);
  });

  it("test files and folders that there are", () => {
    const named = PAGES.flatMap(({ path, text }) =>
      [...text.matchAll(/npx vitest run (test\/[\w./-]+)/g)].map(([, file = ""]) => ({ path, file })),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

function reasonNotToRun(line: string): string | undefined {
  return NOT_RUN.find(({ begins }) => line.startsWith(begins))?.why;
}

/** The script of a block with what cannot be the same here replaced. */
async function here(lines: readonly string[]): Promise<string> {
  let script = await shell.place(lines.join("\n"));
  for (const [shown, make] of STANDS_FOR) if (script.includes(shown)) script = script.replaceAll(shown, await make());
  return script;
}

/** What goes on can only be the last line of its block. */
async function play(script: string): Promise<void> {
  const lines = script.split("\n");
  const goesOn = GO_ON.map(([command, says]) => ({ at: lines.findIndex((line) => command.test(line)), says })).find(({ at }) => at >= 0);
  if (goesOn === undefined) return void (await shell.run(script));
  expect(goesOn.at, `what goes on is last in its block: ${script}`).toBe(lines.length - 1);
  await shell.begin(script, goesOn.says);
}

async function redisCluster(): Promise<TestCluster> {
  cluster ??= await startCluster();
  return cluster;
}

async function secureRedis(): Promise<SecureRedis> {
  secure ??= await startSecureRedis();
  return secure;
}

/** The page's `capture --listen` has recorded a conversation. */
async function deviceIsRecorded(): Promise<void> {
  const device = new TestDevice("wialon-ips", "356307042441013", await shell.port("5001"));
  await device.online();
  device.runner.say("on my way");
  await until(() => device.acknowledged.length === 1);
  device.runner.stop();
  await shell.run("until ls recordings/*.transcript; do sleep 0.05; done");
}
