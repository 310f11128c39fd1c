/** What can be seen from outside once a run is quiet. */
import { LIST_LIMIT, type ListInput } from "../../src/chat/calls.ts";
import type { User } from "../../src/chat/fleet.ts";
import type { Message } from "../../src/chat/message.ts";
import type { MessageStore, Owner } from "../../src/chat/ports.ts";
import type { ChatCalls } from "./build.ts";
import type { Device } from "./device.ts";
import type { DeviceTraits } from "./plan.ts";
import type { Random } from "./random.ts";
import type { SimNode } from "./sim-node.ts";

export interface FinalTracker {
  readonly traits: DeviceTraits;
  /** Everything that `list` gives, oldest first. */
  readonly messages: readonly Message[];
  readonly unread: number;
  readonly owner: Owner | null;
  /** Answers of `list` to some questions. */
  readonly lists: readonly { readonly input: ListInput; readonly messages: readonly Message[] }[];
  /** Line on which the device is online; null: it is not. */
  readonly deviceLine: number | null;
  /** Texts of the device without acknowledgement. */
  readonly waiting: number;
  readonly spoken: number;
}

export interface FinalLine {
  readonly node: string;
  readonly line: number;
  readonly trackerId: number;
  readonly epoch: number;
}

export interface FinalState {
  readonly trackers: readonly FinalTracker[];
  readonly lines: readonly FinalLine[];
  readonly storeNow: number;
}

interface Scene {
  readonly store: MessageStore;
  readonly calls: ChatCalls;
  readonly users: readonly User[];
  readonly devices: readonly Device[];
  readonly nodes: readonly SimNode[];
  readonly random: Random;
  readonly storeNow: number;
  readonly beganAt: number;
}

const QUESTIONS = 4;

export async function readFinalState(scene: Scene): Promise<FinalState> {
  const unread = new Map<number, number>();
  for (const user of scene.users) for (const [tracker, count] of await scene.calls.unreadCounts(user)) unread.set(tracker, count);
  const owners = await scene.store.owners(scene.devices.map(({ traits }) => traits.trackerId));
  const trackers: FinalTracker[] = [];
  for (const device of scene.devices) {
    const { traits } = device;
    const messages = await ask(scene, traits, { trackerId: traits.trackerId, from: 0, to: null, limit: LIST_LIMIT, ascending: true });
    const lists: FinalTracker["lists"][number][] = [];
    for (let at = 0; at < QUESTIONS; at += 1) {
      const input = question(scene, messages, traits.trackerId);
      lists.push({ input, messages: await ask(scene, traits, input) });
    }
    const line = device.line;
    trackers.push({
      traits,
      messages,
      unread: unread.get(traits.trackerId) ?? 0,
      owner: owners.get(traits.trackerId) ?? null,
      lists,
      deviceLine: line?.online === true ? line.id : null,
      waiting: device.waiting,
      spoken: device.spoken,
    });
  }
  return { trackers, lines: scene.nodes.flatMap(linesOf), storeNow: scene.storeNow };
}

async function ask(scene: Scene, traits: DeviceTraits, input: ListInput): Promise<readonly Message[]> {
  const user = scene.users.find(({ id }) => id === traits.userId);
  return user === undefined ? [] : await scene.calls.list(user, input);
}

/** Bounds that are the times of messages are where mistakes would be. */
function question({ random, beganAt }: Scene, messages: readonly Message[], trackerId: number): ListInput {
  const times = messages.map(({ submittedAt }) => submittedAt).filter((time) => time >= beganAt);
  const some = (): number => random.pick([beganAt, ...times]) + random.between(-1, 1);
  const [from = 0, to = 0] = [some(), some()].sort((one, other) => one - other);
  return { trackerId, from, to: random.chance(0.7) ? to : null, limit: random.pick([1, 2, 5, LIST_LIMIT]), ascending: random.chance(0.5) };
}

function linesOf(node: SimNode): readonly FinalLine[] {
  return [...node.lines]
    .filter((line) => line.open && line.trackerId !== 0)
    .map(({ id, trackerId, epoch }) => ({ node: node.name, line: id, trackerId, epoch }));
}
