/** One campaign: everything is started, faults come while texts go both ways, then peace, and everything is read once more. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { admin } from "./actors/api.ts";
import { type Handset, PROMPT } from "./actors/handset.ts";
import { HASHES } from "./cast.ts";
import { wreakHavoc } from "./chaos.ts";
import { History, type StoredMessage } from "./history.ts";
import type { Injection } from "./injections/strike.ts";
import { Scene, type SceneOptions } from "./scene.ts";

export interface CampaignOptions extends Omit<SceneOptions, "history"> {
  readonly faults: readonly Injection[];
  /** At least so many, so many a second. */
  readonly texts: number;
  readonly pace: number;
  readonly minutes: number;
  /** The share of the heavy faults that come one by one. */
  readonly alone: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
}

const MINUTE_MS = 60_000;
const WARM_MS = 180_000;
/** What is promised within a minute has a little longer, so that lateness is seen as such. */
const QUIET_MS = 75_000;
const LOOK_MS = 100;
const STALL_MS = 400;

/** Gives the file with the history. */
export async function runCampaign(options: CampaignOptions): Promise<string> {
  const history = new History(join(options.out, "history.jsonl"));
  const { seed, versions, tell, texts, minutes } = options;
  history.add({ op: "run", seed, planned: options.faults.length, versions });
  const stalls = watchForStalls(history);
  const scene = await Scene.open({ ...options, history });
  try {
    await warmUp(scene);
    tell(`${scene.handsets.length + scene.canaries.length} devices are online`);
    const began = performance.now();
    const deadline = began + minutes * MINUTE_MS;
    scene.traffic.perSecond = options.pace;
    scene.traffic.start();
    await wreakHavoc(scene, options.faults, { seed, deadline, alone: options.alone, tell });
    while (scene.traffic.texts < texts && performance.now() < deadline) await wait(LOOK_MS);
    await scene.traffic.stop();
    tell(`peace after ${seconds(began)} s, ${scene.traffic.texts} texts`);
    await makePeace(scene);
    await readAll(scene, tell);
    history.add({ op: "end" });
  } finally {
    clearInterval(stalls);
    await scene.close();
    await history.close();
  }
  return history.file;
}

/** An overloaded machine breaks promises about time on its own: it is written down when it does nothing for a while. */
function watchForStalls(history: History): NodeJS.Timeout {
  let last = performance.now();
  return setInterval(() => {
    const late = performance.now() - last - LOOK_MS;
    if (late > STALL_MS) history.add({ op: "stalled", ms: Math.round(late) });
    last = performance.now();
  }, LOOK_MS);
}

/** Every device has acknowledged a text, as one that is in use has. */
async function warmUp(scene: Scene): Promise<void> {
  const deadline = performance.now() + WARM_MS;
  const all = [...scene.handsets, ...scene.canaries];
  while (all.some(({ online }) => !online)) {
    if (performance.now() > deadline)
      throw new Error(`not online: ${all.filter(({ online }) => !online).map(({ traits }) => traits.device)}`);
    await wait(LOOK_MS);
  }
  const sent: number[] = [];
  for (const handset of all) sent.push((await scene.send(handset)).n);
  const arrived = await Promise.all(sent.map((n) => scene.hooks.arrival(n, deadline - performance.now())));
  if (arrived.includes(false)) throw new Error("the first texts do not arrive");
  await wait(1_000);
}

/** Ends every fault; devices that withheld a receipt connect anew, and dead letters are put back. */
async function makePeace(scene: Scene): Promise<void> {
  for (const handset of scene.handsets) {
    handset.habit = PROMPT;
    handset.start();
    if (!handset.clean) handset.drop();
  }
  scene.history.add({ op: "peace" });
  const deadline = performance.now() + QUIET_MS;
  const retried = new Set<number>();
  const busy = (): boolean => scene.hooks.missing.length > 0 || scene.handsets.some(({ waiting }) => waiting > 0);
  do {
    await scene.watcher.deadLetters();
    for (const id of scene.watcher.dead.filter((one) => !retried.has(one))) {
      retried.add(id);
      await admin(scene.balancer.portOf(scene.balancer.pick()), "POST", `dead-letters/${id}/retry`);
    }
    await wait(LOOK_MS);
  } while (busy() && performance.now() < deadline);
}

async function readAll(scene: Scene, tell: (line: string) => void): Promise<void> {
  const { history, watcher } = scene;
  watcher.stop();
  const handsets = [...scene.canaries, ...scene.handsets];
  const all = await readTrackers(scene, handsets);
  for (const { messages, states } of all) {
    for (const message of messages) history.add({ op: "stored", ...message });
    for (const [id, state] of states) history.add({ op: "state", id, state });
  }
  for (const [user] of HASHES.entries()) {
    const counts = await watcher.unread(user);
    const own = handsets.filter(({ traits }) => traits.user === user);
    for (const { traits } of own) history.add({ op: "unread", trackerId: traits.trackerId, count: counts[traits.trackerId] ?? 0 });
  }
  for (const { traits, waiting } of handsets) history.add({ op: "unacknowledged", device: traits.device, count: waiting });
  tell(`${all.reduce((sum, { messages }) => sum + messages.length, 0)} messages read`);
}

/** A receipt that came in the last moment is settled within the retries: what is on its way is read once more. */
async function readTrackers(scene: Scene, handsets: readonly Handset[]): Promise<readonly Read[]> {
  const deadline = performance.now() + QUIET_MS;
  let all = await Promise.all(handsets.map((handset) => readTracker(scene, handset)));
  while (all.some(isOnItsWay) && performance.now() < deadline) {
    await wait(LOOK_MS * 10);
    all = await Promise.all(all.map((one) => (isOnItsWay(one) ? readTracker(scene, one.handset) : one)));
  }
  return all;
}

interface Read {
  readonly handset: Handset;
  readonly messages: readonly StoredMessage[];
  /** Of those OUTGOING that are pending. */
  readonly states: ReadonlyMap<number, string>;
}

async function readTracker({ watcher }: Scene, handset: Handset): Promise<Read> {
  const messages = await watcher.all(handset.traits);
  const states = new Map<number, string>();
  for (const { id, direction, status } of messages) {
    if (direction === "OUTGOING" && status === "PENDING") states.set(id, await watcher.stateOf(handset.traits.user, id));
  }
  return { handset, messages, states };
}

function isOnItsWay({ states }: Read): boolean {
  return [...states.values()].some((state) => state === "queued" || state === "written");
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(0);
}
