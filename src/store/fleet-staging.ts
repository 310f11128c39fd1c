/** A change of the fleet as the steps of one commit: a small one travels with it, a large one is staged before, bucket by bucket. */
import type { FleetChanges, FleetRecord, RecordName } from "../chat/fleet-store.ts";
import { bucketKey, bucketOf } from "./fleet-keys.ts";
import { choreName } from "./fleet-log.ts";

/** What the commit's script takes: see lua/fleet-commit.lua. */
export interface Steps {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Id to JSON. */
export type Fields = ReadonlyMap<string, string>;

/** Arguments of one command are bounded, by Lua and by ioredis, which spreads them on the stack. */
const SMALL = 500;

export function isSmall({ put, remove, chores }: FleetChanges): boolean {
  return put.length + remove.length + chores.length <= SMALL;
}

export function smallSteps({ put, remove, chores }: FleetChanges): Steps {
  const puts = put.map(({ kind, value }) => ({ key: keyOf(kind, value.id), args: ["put", String(value.id), JSON.stringify(value)] }));
  const removals = remove.map(({ kind, id }) => ({ key: keyOf(kind, id), args: ["remove", String(id)] }));
  const records = [...puts, ...removals];
  const last = chores.flatMap((chore) => ["chore", choreName(chore)]);
  return { keys: records.map(({ key }) => key), args: [...records.flatMap(({ args }) => args), ...last] };
}

/** The buckets that a change touches, with what it does to each. */
export function touched(changes: FleetChanges): ReadonlyMap<string, (before: Fields) => Fields> {
  const edits = new Map<string, { readonly put: FleetRecord[]; readonly remove: RecordName[] }>();
  const edit = (key: string): { readonly put: FleetRecord[]; readonly remove: RecordName[] } => {
    const known = edits.get(key) ?? { put: [], remove: [] };
    edits.set(key, known);
    return known;
  };
  for (const record of changes.put) edit(keyOf(record.kind, record.value.id)).put.push(record);
  for (const name of changes.remove) edit(keyOf(name.kind, name.id)).remove.push(name);
  return new Map([...edits].map(([key, { put, remove }]) => [key, (before) => edited(before, put, remove)]));
}

/** Pieces of a hash that one command may carry. */
export function pieces(fields: Fields): readonly Readonly<Record<string, string>>[] {
  const entries = [...fields];
  const count = Math.ceil(entries.length / SMALL);
  return Array.from({ length: count }, (_, piece) => Object.fromEntries(entries.slice(piece * SMALL, (piece + 1) * SMALL)));
}

function edited(before: Fields, put: readonly FleetRecord[], remove: readonly RecordName[]): Fields {
  const after = new Map(before);
  for (const { value } of put) after.set(String(value.id), JSON.stringify(value));
  for (const { id } of remove) after.delete(String(id));
  return after;
}

function keyOf(kind: RecordName["kind"], id: number): string {
  return bucketKey(kind, bucketOf(id));
}
