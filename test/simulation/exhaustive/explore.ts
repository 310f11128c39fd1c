/** Breadth-first search over everything that can happen, to a stated depth. Worlds cannot be copied: each is played anew from its path. */

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
  readonly found: { readonly path: readonly string[]; readonly wrong: string } | null;
}

/** Stops at the first thing that is wrong. Every world of the last level is brought to its good end. */
export async function explore(make: () => Promise<Playable>, depth: number): Promise<Explored> {
  const seen = new Set<string>();
  let frontier: readonly (readonly string[])[] = [[]];
  for (let level = 0; level <= depth; level += 1) {
    const next: (readonly string[])[] = [];
    for (const path of frontier) {
      const world = await play(make, path);
      const fingerprint = world.fingerprint();
      if (seen.has(fingerprint)) continue;
      seen.add(fingerprint);
      const actions = world.actions();
      const wrong = world.wrong ?? (level === depth || actions.length === 0 ? await world.finish() : null);
      if (wrong !== null) return { states: seen.size, depth: level, found: { path, wrong } };
      for (const action of actions) next.push([...path, action]);
    }
    frontier = next;
  }
  return { states: seen.size, depth, found: null };
}

async function play(make: () => Promise<Playable>, path: readonly string[]): Promise<Playable> {
  const world = await make();
  for (const action of path) await world.perform(action);
  return world;
}
