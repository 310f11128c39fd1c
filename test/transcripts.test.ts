/** The conversations that the codecs are tested with, over real TCP against the gateway, and at the simulated device. */
import { afterAll, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { statusOf } from "../src/chat/message.ts";
import type { DeviceOutput, Profile, Protocol, Transcript } from "../src/core/index.ts";
import { profileChecker } from "../src/tools/checked-profile.ts";
import { type ReplayApi, replay } from "../src/tools/replay.ts";
import { startWorld, type World } from "./support/gateway-world.ts";
import { transcriptsOf } from "./support/transcripts.ts";

const TRACKER = 1;
const open: World[] = [];

afterAll(async () => {
  for (const world of open) await world.close();
});

/** The API's calls on the world's own store. */
function apiOf(world: World): ReplayApi {
  const all = () => world.store.list({ trackerId: TRACKER, from: null, to: null, limit: 1_000, ascending: true });
  return {
    send: (_device, text) => world.send(TRACKER, text),
    texts: async (_device, since) => (await all()).filter(({ id, direction }) => id > since && direction === "INCOMING"),
    status: async (_device, id) => statusOf((await world.store.find([id]))[0] ?? { state: "queued" }),
    lastId: async () => (await all()).at(-1)?.id ?? 0,
  };
}

/** Waits and outages are for the session's virtual time; questions need the API's extension. */
function playable(transcript: Transcript): boolean {
  return (
    transcript.live &&
    transcript.steps.every(
      (step) => step.type !== "wait" && step.type !== "store" && !(step.type === "send" && (step.urgent || step.choices !== null)),
    )
  );
}

async function live(protocol: Protocol, transcript: Transcript, profile: Profile): Promise<World> {
  const tracker = {
    id: TRACKER,
    deviceId: transcript.deviceId,
    password: transcript.password,
    profile,
    protocol: protocol.name,
  };
  const limits = { receiptMs: 15_000, loginMs: 15_000, strikes: 10 };
  const world = await startWorld({
    fleet: { trackers: [tracker], protocols: [protocol] },
    protocols: [protocol],
    single: protocol,
    limits,
  });
  open.push(world);
  return world;
}

/** What a device of this transcript does when it is told these bytes. */
function heard(protocol: Protocol, transcript: Transcript, profile: Profile, chunks: readonly Buffer[]): readonly DeviceOutput[] {
  const { deviceId, password } = transcript;
  const device = protocol.device({ deviceId, password, profile, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 });
  return [...device.connected(0), ...chunks.flatMap((chunk) => device.received(chunk, 0))];
}

function shownBy(outputs: readonly DeviceOutput[]): string {
  return outputs.flatMap((output) => (output.type === "shown" ? [output.text] : [])).join("");
}

describe.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("%s", (_name, protocol) => {
  const transcripts = transcriptsOf(protocol);
  const check = profileChecker(protocol);
  const played = transcripts.filter(({ transcript }) => playable(transcript));

  it("many conversations can be played live", () => {
    expect(played.length).toBeGreaterThanOrEqual(5);
  });

  it.each(played.map(({ file, transcript }) => [file, transcript] as const))("the gateway plays %s", async (_file, transcript) => {
    const world = await live(protocol, transcript, check(transcript.profile));
    const target = { host: "127.0.0.1", port: world.singlePort, api: apiOf(world), patienceMs: 5_000, longestWaitMs: 0 };
    expect(await replay(transcript, target)).toEqual({ title: transcript.title, differences: [], skipped: null });
  });

  it("the simulated device takes whatever the gateway says in them, byte by byte too", () => {
    for (const { file, transcript } of transcripts) {
      const said = transcript.steps.flatMap((step) => (step.type === "down" ? [Buffer.from(step.pattern.map((byte) => byte ?? 0))] : []));
      const bytes = Buffer.concat(said);
      const profile = check(transcript.profile);
      const single = heard(
        protocol,
        transcript,
        profile,
        [...bytes].map((byte) => Buffer.from([byte])),
      );
      expect(shownBy(single), file).toBe(shownBy(heard(protocol, transcript, profile, said)));
    }
  });
});
