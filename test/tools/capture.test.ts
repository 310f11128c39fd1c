import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../protocols/index.ts";
import {
  type NewStep,
  type Profile,
  type Protocol,
  parseTranscript,
  type Transcript,
  transcriptHead,
  transcriptLine,
} from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { Capture } from "../../src/tools/capture/capture.ts";
import { CaptureFile } from "../../src/tools/capture/capture-folder.ts";
import { LineRecorder } from "../../src/tools/capture/line-recorder.ts";
import { startProxy } from "../../src/tools/capture/proxy.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { DeviceRunner } from "../../src/tools/device-runner.ts";
import type { Recording } from "../../src/tools/recordings/recording.ts";
import { Peer, startWorld, until, type World } from "../support/gateway-world.ts";
import { rehearse } from "../support/rehearse.ts";

const DEVICE = "356307042441013";
const SECRET = "s3cret-code";
const folder = mkdtempSync(join(tmpdir(), "capture-"));
const open: { close(): Promise<void> }[] = [];

afterAll(async () => {
  for (const one of open) await one.close();
  rmSync(folder, { recursive: true });
});

interface Recorded {
  readonly world: World;
  readonly capture: Capture;
  readonly out: string;
}

let runs = 0;

interface Covering {
  readonly password: string | null;
  readonly redact: boolean;
  readonly profile?: Profile;
}

async function recorded(protocol: Protocol, options: Covering): Promise<Recorded> {
  runs += 1;
  const out = join(folder, String(runs));
  const capture = new Capture({ folder: out, redact: options.redact, warn: ({ type }) => expect.unreachable(type) });
  const tracker = {
    id: 1,
    deviceId: DEVICE,
    password: options.password,
    profile: checkedProfile(protocol, options.profile ?? {}),
    protocol: protocol.name,
  };
  const fleet = { trackers: [tracker], protocols: [protocol] };
  const world = await startWorld({ fleet, protocols: [protocol], single: protocol, limits: { receiptMs: 15_000 }, tap: capture.tap });
  open.push(world);
  return { world, capture, out };
}

/** A simulated device logs in, gets two texts and says one, if it can. */
async function converse({ world }: Recorded, protocol: Protocol, password: string | null, wanted: Profile = {}): Promise<void> {
  let acknowledged = 0;
  const profile = checkedProfile(protocol, wanted);
  const device = protocol.device({ deviceId: DEVICE, password, profile, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
  const runner = new DeviceRunner(
    device,
    { host: "127.0.0.1", port: world.singlePort },
    {
      connected: () => undefined,
      disconnected: () => undefined,
      output: (output) => {
        if (output.type === "acknowledged") acknowledged += 1;
      },
    },
  );
  runner.start();
  await until(
    () => world.registry.size === 1,
    () => "the login",
  );
  const ids = [await world.send(1, "first"), await world.send(1, "and second")];
  await until(
    async () => (await world.store.find(ids)).every((message) => message?.updatedAt !== null || message.state === "rejected"),
    () => "the receipts",
  );
  if (protocol.capabilities.textUp) {
    runner.say("5");
    await until(
      () => acknowledged > 0,
      () => "the acknowledgement",
      1_000,
    ).catch(() => undefined);
  }
  runner.stop();
  await until(() => world.gateway.connections === 0);
}

async function transcripts({ capture, out }: Recorded): Promise<readonly { readonly source: string; readonly transcript: Transcript }[]> {
  await capture.close();
  const files = readdirSync(out).sort();
  return files.map((file) => {
    expect(statSync(join(out, file)).mode & 0o077, "nobody else may read what people wrote").toBe(0);
    const source = readFileSync(join(out, file), "utf8");
    return { source, transcript: parseTranscript(source) };
  });
}

async function replayed(protocol: Protocol, transcript: Transcript): Promise<readonly string[]> {
  const clock = { now: Date.UTC(2026, 10, 22) };
  const world = { store: new MemoryStore(() => clock.now), clock, profile: checkedProfile(protocol, transcript.profile) };
  return (await rehearse(transcript, protocol, world)).differences;
}

describe.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("%s", (name, protocol) => {
  it("a live conversation becomes a transcript that plays again without a difference", async () => {
    const run = await recorded(protocol, { password: null, redact: false });
    await converse(run, protocol, null);
    const [first, ...more] = await transcripts(run);
    expect(more).toEqual([]);
    expect(first?.transcript).toMatchObject({ protocol: name, deviceId: DEVICE });
    expect(first?.transcript.steps.filter(({ type }) => type === "send")).toHaveLength(2);
    expect(first === undefined ? [] : await replayed(protocol, first.transcript)).toEqual([]);
  });
});

const COVERING = PROTOCOLS.filter(({ redact }) => redact !== undefined);
/** Settings that go out with each command, where the protocol has one. */
const secretSetting = ({ profile }: Protocol): string | undefined =>
  Object.entries(profile["properties"] as Readonly<Record<string, { readonly writeOnly?: true }>>).find(
    ([, { writeOnly }]) => writeOnly,
  )?.[0];
const WITH_CREDENTIALS = COVERING.filter((one) => secretSetting(one) === undefined).map((one) => [one.name, one] as const);
const WITH_COMMAND_PASSWORDS = COVERING.filter((one) => secretSetting(one) !== undefined).map((one) => [one.name, one] as const);

it.each(WITH_CREDENTIALS)("%s without its credentials still plays", async (_name, protocol) => {
  const run = await recorded(protocol, { password: SECRET, redact: true });
  await converse(run, protocol, SECRET);
  const [first] = await transcripts(run);
  expect(first?.source).not.toContain(SECRET);
  expect(first?.source).not.toContain(Buffer.from(SECRET).toString("hex"));
  expect(first?.transcript.password).toBe("redacted");
  expect(first === undefined ? [] : await replayed(protocol, first.transcript)).toEqual([]);
});

it.each(WITH_COMMAND_PASSWORDS)("%s without its command password still plays, and no timeline shows it", async (_name, protocol) => {
  const profile = { [secretSetting(protocol) ?? ""]: SECRET };
  const run = await recorded(protocol, { password: null, redact: true, profile });
  await converse(run, protocol, null, profile);
  const [first] = await transcripts(run);
  expect(first?.source).not.toContain(SECRET);
  expect(first?.source).toContain("redacted");
  expect(first === undefined ? [] : await replayed(protocol, first.transcript)).toEqual([]);
  const messages = await run.world.store.list({ trackerId: 1, from: null, to: null, limit: 10, ascending: true });
  const timelines = await Promise.all(messages.map(({ id }) => run.world.store.timeline(1, id)));
  const frames = timelines.flat().flatMap((entry) => (entry.type === "frame" ? [entry.bytes.toString("latin1")] : []));
  expect(frames.length).toBeGreaterThan(1);
  expect(frames.join()).not.toContain(SECRET);
});

describe("a line that never logged in", () => {
  it("is recorded, with wrong passwords told apart from the right one", async () => {
    const [protocol] = PROTOCOLS;
    if (protocol === undefined) throw new Error("no protocols");
    const run = await recorded(protocol, { password: SECRET, redact: true });
    const peer = await Peer.dial(run.world.singlePort);
    peer.socket.write(`#L#${DEVICE};guessed\r\n`);
    await peer.heard("#AL#01\r");
    peer.socket.write(`#L#${DEVICE};${SECRET}\r\n`);
    await until(() => run.world.registry.size === 1);
    peer.socket.destroy();
    await until(() => run.world.gateway.connections === 0);
    const [first] = await transcripts(run);
    expect(first?.source).toContain('> "#L#356307042441013;wrong\\r\\n"');
    expect(first?.source).toContain('> "#L#356307042441013;redacted\\r\\n"');
    expect(first === undefined ? [] : await replayed(protocol, first.transcript)).toEqual([]);
  });

  it("of no known protocol is kept as it came, but not when credentials are to be left out", async () => {
    const [protocol] = PROTOCOLS;
    if (protocol === undefined) throw new Error("no protocols");
    const kept: number[] = [];
    for (const redact of [false, true]) {
      const run = await recorded(protocol, { password: null, redact });
      const peer = await Peer.dial(run.world.port);
      peer.socket.write("GET / HTTP/1.1\r\n\r\n");
      await until(() => peer.closed || peer.ended);
      peer.socket.destroy();
      await until(() => run.world.gateway.connections === 0);
      const found = await transcripts(run);
      kept.push(found.length);
      for (const { source } of found) expect(source).toContain('> "GET / HTTP/1.1\\r\\n\\r\\n"');
    }
    expect(kept).toEqual([1, 0]);
  });
});

describe("the proxy", () => {
  it("passes every byte on, both ways, and hands the recording over", async () => {
    const upstream = createServer((socket) => socket.on("data", (chunk) => socket.write(Buffer.concat([Buffer.from("echo "), chunk]))));
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const port = (upstream.address() as { readonly port: number }).port;
    const recordings: Recording[] = [];
    const proxy = await startProxy({
      listen: { host: "127.0.0.1", port: 0 },
      upstream: { host: "127.0.0.1", port },
      recorded: (one) => recordings.push(one),
    });
    const peer = await Peer.dial(proxy.port);
    peer.say("hello");
    await peer.heard("echo hello");
    peer.socket.end();
    await until(() => recordings.length === 1);
    expect(recordings[0]?.pieces.map(({ direction, bytes }) => [direction, bytes.toString()])).toEqual([
      ["up", "hello\n"],
      ["down", "echo hello\n"],
    ]);
    await proxy.stop();
    upstream.close();
  });
});

describe("a transcript that was written", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((array) => Buffer.from(array));
  const words = fc.string({ unit: "binary" });
  const unit = fc.option(fc.stringMatching(/^[\w.-]+$/));
  const step: fc.Arbitrary<NewStep> = fc.oneof(
    fc
      .oneof(
        bytes,
        fc
          .string({ unit: "binary" })
          .filter((text) => text !== "")
          .map((text) => Buffer.from(text)),
      )
      .map((up) => ({ type: "up" as const, bytes: up })),
    fc.array(fc.option(fc.nat(255)), { minLength: 1 }).map((pattern) => ({ type: "down" as const, pattern })),
    fc.record({
      type: fc.constant("send" as const),
      unit,
      text: words,
      urgent: fc.boolean(),
      choices: fc.option(fc.array(fc.string())),
    }),
    fc.record({ type: fc.constant("text" as const), unit, text: words, answers: fc.option(words) }),
    fc.record({ type: fc.constantFrom("cancel" as const, "read" as const), unit, text: words }),
    fc.nat(10_000_000).map((ms) => ({ type: "wait" as const, ms })),
  );

  const units = [{ deviceId: "6", profile: { charset: "utf8" }, password: "x", foreign: true }];

  it("reads as what it was written from", () => {
    fc.assert(
      fc.property(fc.array(step), fc.string({ unit: "binary" }), (steps, title) => {
        const head = transcriptHead({ title, protocol: "p", deviceId: "1", password: null, profile: { charset: "utf8" }, units });
        const read = parseTranscript(head + steps.map(transcriptLine).join(""));
        expect(read.steps.map(({ line: _, ...rest }) => rest)).toEqual(steps);
        expect(read.profile).toEqual({ charset: "utf8" });
        expect(read.units).toEqual(units);
      }),
    );
  });
});

describe("a pause", () => {
  const protocol = PROTOCOLS[0] as Protocol;
  /** What is written when so many milliseconds lie between what the device says and a text for it. */
  const waits = (ms: number): readonly string[] => {
    const lines: string[] = [];
    let now = 0.9;
    const recorder = new LineRecorder({ redact: false, now: () => now, open: () => new CaptureFile((line) => void lines.push(line)) });
    recorder.loggedIn({ trackerId: 1, deviceId: DEVICE, profile: {}, secret: null }, protocol);
    recorder.up(Buffer.from("#P#\r\n"));
    now += ms;
    recorder.down(Buffer.from("#AP#\r\n"));
    return parseTranscript(lines.join("")).steps.flatMap((step) => (step.type === "wait" ? [String(step.ms)] : []));
  };

  it("is written in seconds, and one of a second that was seen late is not lost", () => {
    expect([0, 500, 985, 991, 1_000, 1_985, 1_995, 60_000].map(waits)).toEqual([
      [],
      [],
      [],
      ["1000"],
      ["1000"],
      ["1000"],
      ["2000"],
      ["60000"],
    ]);
  });
});
