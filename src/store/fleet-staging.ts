/** Cuts a change of the fleet into chunks, so that no single command blocks Redis for long. */
import { FLEET_KINDS, type FleetChanges, type FleetKind } from "../chat/fleet-store.ts";
import { choreName } from "./fleet-log.ts";

export interface Chunk {
  /** Number of the kind from 1, in the order of FLEET_KINDS; negative: these ids are removed; CHORES: to be done after. */
  readonly kind: number;
  /** Id to JSON; empty JSON in a chunk of removals, and of chores by their names. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Lua's `unpack` takes some 8,000 values: two per record. */
const CHUNK_RECORDS = 500;
const CHUNK_BYTES = 1024 * 1024;

/** In the place of a kind's number. */
const CHORES = 0;

/** Everything that grows with the change: arguments of one command are bounded, by Lua and by ioredis, which spreads them on the stack. */
export function chunksOf(changes: FleetChanges): readonly Chunk[] {
  const records = FLEET_KINDS.flatMap((kind, position) => [
    ...cut(position + 1, putsOf(changes, kind)),
    ...cut(-(position + 1), removalsOf(changes, kind)),
  ]);
  const chores = changes.chores.map((chore) => [choreName(chore), ""] as const);
  return [...records, ...cut(CHORES, chores)];
}

type Field = readonly [id: string, json: string];

function putsOf(changes: FleetChanges, kind: FleetKind): readonly Field[] {
  return changes.put.filter((record) => record.kind === kind).map(({ value }) => [String(value.id), JSON.stringify(value)]);
}

function removalsOf(changes: FleetChanges, kind: FleetKind): readonly Field[] {
  return changes.remove.filter((name) => name.kind === kind).map(({ id }) => [String(id), ""]);
}

function cut(kind: number, fields: readonly Field[]): readonly Chunk[] {
  const chunks: Field[][] = [];
  let bytes = 0;
  for (const field of fields) {
    const last = chunks.at(-1);
    if (last === undefined || last.length === CHUNK_RECORDS || bytes > CHUNK_BYTES) {
      chunks.push([field]);
      bytes = 0;
    } else last.push(field);
    bytes += field[1].length;
  }
  return chunks.map((chunk) => ({ kind, fields: Object.fromEntries(chunk) }));
}
