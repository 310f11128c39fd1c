/** What must hold for every protocol, whatever it is. */
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { type Effect, type Input, type Protocol, Session, type Transcript } from "../src/core/index.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { checkedProfile } from "../src/tools/checked-profile.ts";
import { LIMITS, rehearse } from "./support/rehearse.ts";
import { transcriptsOf } from "./support/transcripts.ts";

const START = Date.UTC(2026, 10, 22);

function world(protocol: Protocol, transcript: Transcript) {
  const clock = { now: START };
  return { store: new MemoryStore(() => clock.now), clock, profile: checkedProfile(protocol, transcript.profile) };
}

/** The effects of a session that is fed these chunks, every question answered at once. */
function effects(protocol: Protocol, chunks: readonly Buffer[], login: Readonly<Record<string, unknown>>): readonly Effect[] {
  const session = new Session({ protocol, limits: LIMITS, now: 0 });
  const seen: Effect[] = [];
  for (const chunk of chunks) {
    const inputs: Input[] = [{ type: "bytes", chunk }];
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      for (const effect of session.step(input, 0)) {
        seen.push(effect);
        const answer = answerTo(effect, login);
        if (answer !== null) inputs.push(answer);
      }
    }
  }
  return seen;
}

function answerTo(effect: Effect, profile: Readonly<Record<string, unknown>>): Input | null {
  if (effect.type === "receive") return { type: "received", verdict: "stored" };
  if (effect.type !== "identify") return null;
  const identity = { trackerId: 1, deviceId: effect.key, profile, secret: null };
  return { type: "identified", verdict: { type: "accepted", identity, standing: { proven: false, closings: 0, sinceClosingMs: null } } };
}

/** Effects as text; noise is cut as the stream is, so only its bytes count. */
function story(seen: readonly Effect[]): string {
  const lines: string[] = [];
  let noise = "";
  for (const effect of seen) {
    if (effect.type === "note" && effect.kind === "noise") noise += effect.bytes?.toString("hex") ?? "";
    else
      lines.push(
        JSON.stringify(effect, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value)),
      );
  }
  return `${lines.join("\n")}\nnoise ${noise}`;
}

function framesOf(protocol: Protocol, transcript: Transcript): readonly Buffer[] {
  const { framer } = protocol.connect();
  const frames: Buffer[] = [];
  for (const step of transcript.steps) {
    if (step.type === "up") framer.push(step.bytes);
    for (let unit = framer.next(); unit !== null && unit.kind !== "broken"; unit = framer.next())
      if (unit.kind === "frame") frames.push(Buffer.from(unit.bytes));
  }
  return frames;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

it("names are unique, kebab-case, and every protocol has transcripts and a README", () => {
  const names = PROTOCOLS.map((protocol) => protocol.name);
  expect(new Set(names).size).toBe(names.length);
  for (const protocol of PROTOCOLS) {
    expect(protocol.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(transcriptsOf(protocol).length).toBeGreaterThan(0);
    expect(existsSync(new URL(`../protocols/${protocol.name}/README.md`, import.meta.url))).toBe(true);
  }
});

it("at most one protocol claims the first bytes of any transcript", () => {
  for (const protocol of PROTOCOLS) {
    for (const { file, transcript } of transcriptsOf(protocol)) {
      const first = transcript.steps.find((step) => step.type === "up");
      if (first?.type !== "up") continue;
      const claims = PROTOCOLS.filter((other) => other.detect(first.bytes.subarray(0, 64)) === "yes").map((other) => other.name);
      expect(
        claims.filter((name) => name !== protocol.name),
        file,
      ).toEqual([]);
    }
  }
});

describe.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("%s", (_name, protocol) => {
  const transcripts = transcriptsOf(protocol);
  const conversations = transcripts.map(({ transcript }) =>
    Buffer.concat(transcript.steps.flatMap((step) => (step.type === "up" ? [step.bytes] : []))),
  );

  it.each(transcripts.map(({ file, transcript }) => [file, transcript] as const))("plays %s", async (_file, transcript) => {
    const whole = await rehearse(transcript, protocol, world(protocol, transcript));
    expect(whole.differences).toEqual([]);
  });

  it.each(transcripts.map(({ file, transcript }) => [file, transcript] as const))("plays %s byte by byte", async (_file, transcript) => {
    const single = await rehearse(transcript, protocol, world(protocol, transcript), (bytes) => cut(bytes, [1]));
    expect(single.differences).toEqual([]);
  });

  it("does the same however the bytes are cut", () => {
    const profile = checkedProfile(protocol, {});
    fc.assert(
      fc.property(
        fc.constantFrom(...conversations),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (bytes, sizes) => {
          expect(story(effects(protocol, cut(bytes, sizes), profile))).toBe(story(effects(protocol, [Buffer.from(bytes)], profile)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("survives any bytes, alone and behind a valid start", () => {
    const profile = checkedProfile(protocol, {});
    const prefix = fc.oneof(
      fc.constant(Buffer.alloc(0)),
      fc.constantFrom(...conversations).chain((bytes) => fc.nat(bytes.length).map((length) => bytes.subarray(0, length))),
    );
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (start, tail) => {
        const seen = effects(protocol, [Buffer.concat([start, Buffer.from(tail)])], profile);
        expect(seen.filter((effect) => effect.type === "note" && effect.kind === "defect")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("survives a flipped byte anywhere", () => {
    const profile = checkedProfile(protocol, {});
    fc.assert(
      fc.property(fc.constantFrom(...conversations), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, mask) => {
        const broken = Buffer.from(bytes);
        const index = at % broken.length;
        broken[index] = (broken[index] ?? 0) ^ mask;
        expect(effects(protocol, [broken], profile).filter((effect) => effect.type === "note" && effect.kind === "defect")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("its parts carry at most maxBytes of text and one tag each, and any text encodes or is refused", () => {
    const codec = protocol.connect();
    codec.identified({ trackerId: 1, deviceId: "1", profile: checkedProfile(protocol, {}), secret: null });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), fc.nat(0xffff), (text, tag) => {
        const encoded = codec.encode({ type: "text", text, urgent: false, tag });
        const preview = protocol.preview(text, checkedProfile(protocol, {}));
        if (encoded.type === "refused") expect(preview.empty).toBe(true);
        else {
          expect(encoded.parts).toHaveLength(preview.parts);
          const tags = encoded.parts.map((part) => part.tag);
          const { receipts, read } = protocol.capabilities;
          if (receipts === "by-tag") expect(tags).not.toContain(null);
          // Without tags in receipts, a part may still have one for a `read`.
          else if (!read) expect(tags.every((one) => one === null)).toBe(true);
          const named = tags.filter((one) => one !== null);
          expect(new Set(named).size).toBe(named.length);
        }
      }),
    );
  });

  it("explains every frame of its transcripts without a secret in it", () => {
    for (const { transcript } of transcripts) {
      for (const frame of framesOf(protocol, transcript)) {
        const words = JSON.stringify(protocol.explain(frame, "up"));
        if (transcript.password !== null) expect(words).not.toContain(transcript.password);
      }
    }
  });
});
