/** Breadth-first search over everything that can happen, to a stated depth. Worlds cannot be copied: each is played anew from its path. */
import { createHash } from "node:crypto";

/** A small world in which one thing happens at a time. */
export interface Playable {
  /** What can happen now. */
  actions(): readonly string[];
  perform(action: string): Promise<void>;
  /** What is wrong; null: nothing so far. */
  readonly wrong: string | null;
  /** All that decides what can happen from here on: equal worlds are looked at once. */
  fingerprint(): string;
  /** Lets everything go well from here, and says what is wrong even so. */
  finish(): Promise<string | null>;
}

export interface Explored {
  /** Different worlds. */
  readonly states: number;
  readonly depth: number;
  /** The shortest way to something wrong; null: there is none. */
  readonly found: { readonly path: Path; readonly wrong: string } | null;
}

/** Stops at the first thing that is wrong. Every world of the last level is brought to its good end. */
export async function explore(make: () => Promise<Playable>, depth: number): Promise<Explored> {
  const seen = new Set<string>();
  let frontier: readonly Path[] = [[]];
  for (let level = 0; level <= depth; level += 1) {
    const next: Path[] = [];
    for (const path of frontier) {
      const world = await play(make, path);
      if (isSeen(seen, world.fingerprint())) continue;
      const actions = level === depth ? [] : world.actions();
      const wrong = await wrongWith(world, actions);
      if (wrong !== null) return { states: seen.size, depth: level, found: { path, wrong } };
      next.push(...actions.map((action) => [...path, action]));
    }
    frontier = next;
  }
  return { states: seen.size, depth, found: null };
}

type Path = readonly string[];

async function wrongWith(world: Playable, next: readonly string[]): Promise<string | null> {
  return world.wrong ?? (next.length === 0 ? await world.finish() : null);
}

/** Notes what is looked at; true: it was before. */
function isSeen(seen: Set<string>, fingerprint: string): boolean {
  const short = createHash("sha1").update(fingerprint).digest("base64");
  if (seen.has(short)) return true;
  seen.add(short);
  return false;
}

async function play(make: () => Promise<Playable>, path: Path): Promise<Playable> {
  const world = await make();
  for (const action of path) await world.perform(action);
  return world;
}
