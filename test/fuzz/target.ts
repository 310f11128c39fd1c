/** What is fuzzed: every protocol, and what travels inside of some. */
import { deflateSync } from "node:zlib";
import { PROTOCOLS } from "../../protocols/index.ts";
import { crc16Arc, type Framer, type Profile, type Protocol, type Transcript } from "../../src/core/index.ts";
import { checkedProfile } from "../../src/tools/checked-profile.ts";
import { transcriptsOf } from "../support/transcripts.ts";
import { conversation } from "./conversation.ts";
import { SEALS, type Seal, sealGarmin } from "./seals.ts";

/** What is fuzzed inside of a protocol's frames, whose checks are then always right: by the protocol, then by name. */
const INSIDE: Readonly<Record<string, Readonly<Record<string, (carrier: Protocol) => Pick<Target, "seeds" | "seal" | "wrap">>>>> = {
  teltonika: {
    "garmin-fmi": (carrier) => ({ seeds: carriedSeeds(carrier, "garmin-fmi"), seal: sealGarmin, wrap: codec12 }),
    "line-text": (carrier) => ({ seeds: carriedSeeds(carrier, "line"), seal: asItIs, wrap: codec12 }),
  },
  "wialon-ips": {
    "wialon-container": (protocol) => ({ seeds: containedSeeds(protocol), seal: SEALS["wialon-ips"] ?? asItIs, wrap: container }),
  },
};

export interface Target {
  readonly name: string;
  readonly protocol: Protocol;
  readonly seeds: readonly Seed[];
  /** Mends the checks of a mutated unit. */
  readonly seal: Seal;
  /** Puts a unit into what carries it; absent: it travels as it is. */
  readonly wrap?: (unit: Buffer) => Buffer;
}

/** One conversation as a device leads it: what it sends, unit by unit, and under which profile. */
export interface Seed {
  readonly profile: Profile;
  /** Sent as they are, before the units: the login of a carrier. */
  readonly opening: readonly Buffer[];
  readonly units: readonly Buffer[];
}

/** Their names, in the order of the registry, what is inside of a protocol behind it. */
export const TARGETS: readonly string[] = PROTOCOLS.flatMap(({ name }) => [name, ...Object.keys(INSIDE[name] ?? {})]);

/** Throws when there is none of this name. */
export function targetNamed(name: string): Target {
  for (const protocol of PROTOCOLS) {
    if (protocol.name === name) return targetOf(protocol);
    const inside = INSIDE[protocol.name]?.[name];
    if (inside !== undefined) return { name, protocol, ...inside(protocol) };
  }
  throw new Error(`nothing to fuzz is called "${name}", there is ${TARGETS.join(", ")}`);
}

/** A protocol by itself. */
export function targetOf(protocol: Protocol, seeds: readonly Seed[] = seedsOf(protocol)): Target {
  return { name: protocol.name, protocol, seeds, seal: SEALS[protocol.name] ?? asItIs };
}

/** Conversations of the committed transcripts, and under each of their profiles one of the simulated device, with hostile texts. */
function seedsOf(protocol: Protocol): readonly Seed[] {
  const profiles = new Map<string, Profile>();
  const played = transcriptsOf(protocol).map(({ transcript }) => {
    const given = JSON.stringify(transcript.profile);
    const profile = profiles.get(given) ?? checkedProfile(protocol, transcript.profile);
    profiles.set(given, profile);
    return { profile, opening: [], units: unitsOf(protocol, saidIn(transcript)) };
  });
  const simulated = [...profiles.values()].map((profile) => {
    const { up } = conversation(protocol, profile, transcriptsOf(protocol)[0]?.transcript.deviceId ?? "");
    return { profile, opening: [], units: unitsOf(protocol, up) };
  });
  return [...played, ...simulated].filter(({ units }) => units.length > 0);
}

function saidIn({ steps }: Transcript): Buffer {
  return Buffer.concat(steps.flatMap((step) => (step.type === "up" ? [step.bytes] : [])));
}

function asItIs(unit: Buffer): Buffer {
  return unit;
}

/** The bytes as they stood on the wire, cut where the framer had a unit. */
function unitsOf(protocol: Protocol, said: Buffer, framer: Framer = protocol.connect().framer): readonly Buffer[] {
  const units: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < said.length; at += 1) {
    framer.push(said.subarray(at, at + 1));
    let cut = false;
    for (let unit = framer.next(); unit !== null && unit.kind !== "broken"; unit = framer.next()) cut = true;
    if (!cut || at + 1 - framer.buffered <= from) continue;
    units.push(Buffer.from(said.subarray(from, at + 1 - framer.buffered)));
    from = at + 1 - framer.buffered;
  }
  if (from < said.length) units.push(Buffer.from(said.subarray(from)));
  return units;
}

/** Payloads of codec 12 out of the carrier's conversations under this `inner`, behind the login. */
function carriedSeeds(carrier: Protocol, inner: string): readonly Seed[] {
  return seedsOf(carrier)
    .filter(({ profile }) => profile["inner"] === inner)
    .flatMap(({ profile, units: [login, ...units] }) => {
      const payloads = units
        .filter((unit) => unit.length > CODEC12_OVERHEAD && unit[CODEC_AT] === CODEC12)
        .map((unit) => unit.subarray(PAYLOAD_AT, -5));
      return login === undefined || payloads.length === 0 ? [] : [{ profile, opening: [login], units: payloads }];
    });
}

function containedSeeds(protocol: Protocol): readonly Seed[] {
  return seedsOf(protocol).flatMap(({ profile, units: [login, ...units] }) => {
    const lines = units.filter((unit) => unit[0] === HASH);
    return login === undefined || lines.length === 0 ? [] : [{ profile, opening: [login], units: lines }];
  });
}

/** `00000000 | length | 0C 01 type length payload 01 | CRC`. */
function codec12(payload: Buffer): Buffer {
  const frame = Buffer.alloc(payload.length + CODEC12_OVERHEAD);
  frame.writeUInt32BE(payload.length + 8, 4);
  frame.set([CODEC12, 1, RESPONSE], CODEC_AT);
  frame.writeUInt32BE(payload.length, CODEC_AT + 3);
  payload.copy(frame, PAYLOAD_AT);
  frame[PAYLOAD_AT + payload.length] = 1;
  frame.writeUInt32BE(crc16Arc(frame.subarray(CODEC_AT, -4)), frame.length - 4);
  return frame;
}

/** `FF | length (LE) | zlib`. */
function container(line: Buffer): Buffer {
  const deflated = deflateSync(line, { level: 1 });
  const head = Buffer.of(0xff, deflated.length & 0xff, (deflated.length >> 8) & 0xff);
  return Buffer.concat([head, deflated]);
}

const HASH = 0x23;
const CODEC12 = 0x0c;
const RESPONSE = 0x06;
const CODEC_AT = 8;
const PAYLOAD_AT = 15;
/** All but the payload. */
const CODEC12_OVERHEAD = 20;
