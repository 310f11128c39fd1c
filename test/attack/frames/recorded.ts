/** What a device says from its login to a driver's text, in bytes that hold for this device alone. */

import type { Profile, Protocol, Step } from "../../../src/core/index.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { online } from "../../every-protocol/conversation.ts";
import type { Stance, Subject } from "../../every-protocol/subject.ts";
import { StoredLine } from "../../support/stored-line.ts";
import type { Talk } from "../../support/talk.ts";

/** One thing that a device says, behind all that it said before on this line. */
export interface Utterance {
  readonly kind: "login" | "telemetry" | "text";
  readonly before: readonly Buffer[];
  readonly bytes: Buffer;
}

export interface Words {
  readonly login: Utterance;
  /** Absent where the transcripts have it behind the login only. */
  readonly telemetry: Utterance | null;
  readonly text: Utterance | null;
  /** Behind the login, one after the other; empty where drivers cannot write. */
  readonly texts: readonly Buffer[];
}

const PATIENCE_MS = 60_000;
const SETTLE_MS = 2_000;

/** What a device says, from 1. */
export function textOf(deviceId: string, number: number): string {
  return `${deviceId} says ${number}`;
}

/** The simulated device's, in conversation with a gateway in virtual time. */
export async function recorded(protocol: Protocol, stance: Stance, count: number): Promise<Words> {
  const talk = await online(protocol, stance);
  const opening = saidBy(talk);
  const [login = Buffer.alloc(0)] = opening;
  await talk.position();
  await talk.wait(SETTLE_MS);
  const telemetry = saidBy(talk).slice(opening.length);
  const texts = stance.capabilities.textUp ? await typed(talk, stance.deviceId, count) : [];
  // What follows it are a link layer's answers to answers.
  const first = texts[0]?.[0];
  return {
    login: { kind: "login", before: [], bytes: login },
    telemetry: { kind: "telemetry", before: opening, bytes: Buffer.concat(telemetry) },
    text: first === undefined ? null : { kind: "text", before: opening, bytes: first },
    texts: texts.map((writes) => Buffer.concat(writes)),
  };
}

/** Do any words of a driver reach the chat? */
export async function saysAnything(protocol: Protocol, stance: Stance): Promise<boolean> {
  const talk = await online(protocol, stance);
  await talk.say("any words");
  return await talk.until(() => talk.line.texts.length > 0, PATIENCE_MS);
}

/** Of the transcripts: the first words that reach the chat although nobody asked for them on this line. */
export async function spokenIn({ protocol, transcripts }: Subject, stance: Stance): Promise<Words | null> {
  const device = { deviceId: stance.deviceId, profile: stance.profile };
  const own = transcripts.filter(({ transcript: one }) => JSON.stringify(one.profile) === stance.name && one.deviceId === stance.deviceId);
  for (const said of own.flatMap(({ transcript }) => spoken(transcript.steps))) {
    const [login, ...more] = said;
    const bytes = more.pop();
    if (login === undefined || bytes === undefined || !(await arrives(protocol, device, said))) continue;
    const text: Utterance = { kind: "text", before: [login, ...more], bytes };
    return { login: { kind: "login", before: [], bytes: login }, telemetry: null, text, texts: [] };
  }
  return null;
}

/** All that was said on a line when a text was in it, for each text. */
function spoken(steps: readonly Step[]): readonly (readonly Buffer[])[] {
  let said: readonly Buffer[] = [];
  return steps.flatMap((step) => {
    if (step.type === "connect") said = [];
    if (step.type === "up") said = [...said, step.bytes];
    return step.type === "text" ? [said] : [];
  });
}

/** Of each text the writes. */
async function typed(talk: Talk, deviceId: string, count: number): Promise<readonly (readonly Buffer[])[]> {
  const texts: (readonly Buffer[])[] = [];
  while (texts.length < count) {
    const [from, wanted] = [saidBy(talk).length, talk.acknowledged().length + 1];
    await talk.say(textOf(deviceId, texts.length + 1));
    await talk.until(() => talk.acknowledged().length >= wanted, PATIENCE_MS);
    texts.push(saidBy(talk).slice(from));
  }
  return texts;
}

function saidBy(talk: Talk): readonly Buffer[] {
  return talk.outputs.flatMap((output) => (output.type === "write" ? [Buffer.from(output.bytes)] : []));
}

/** Is a text stored by the last of these bytes? */
async function arrives(
  protocol: Protocol,
  device: { readonly deviceId: string; readonly profile: Profile },
  said: readonly Buffer[],
): Promise<boolean> {
  const line = new StoredLine({ protocol, ...device, password: null, store: new MemoryStore(() => 0), clock: { now: 0 } });
  await line.connect();
  for (const bytes of said.slice(0, -1)) await line.step({ type: "bytes", chunk: Buffer.from(bytes) });
  const before = line.texts.length;
  await line.step({ type: "bytes", chunk: Buffer.from(said.at(-1) ?? "") });
  return line.texts.length > before;
}
