/** How a commit says what it changed, so that other nodes read only that. */
import { type Chore, FLEET_KINDS, type FleetChanges, type FleetRecord, type FleetUpdate, type RecordName } from "../chat/fleet-store.ts";

/** Versions that a node may be behind before it reads everything. */
export const LOG_ENTRIES = 200;
/** A commit of more records than this is not listed: reading everything is cheaper. */
const LISTED_RECORDS = 2_000;

export function nameOf({ kind, id }: RecordName): string {
  return `${kind}:${id}`;
}

export function choreName({ type, trackerId }: Chore): string {
  return `${type}:${trackerId}`;
}

/** `tracker:1,user:2`; empty: everything may have changed. */
export function logEntry(changes: FleetChanges): string {
  const put = changes.put.map((record) => ({ kind: record.kind, id: record.value.id }));
  const names = [...put, ...changes.remove];
  return names.length > LISTED_RECORDS ? "" : names.map(nameOf).join(",");
}

/** Lists of id and JSON, one list per kind; an empty JSON stands for a removed record. */
export function readUpdate(version: number, all: boolean, lists: readonly (readonly string[])[]): FleetUpdate {
  const put: FleetRecord[] = [];
  const remove: RecordName[] = [];
  for (const [position, kind] of FLEET_KINDS.entries()) {
    const flat = lists[position] ?? [];
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const json = flat[at + 1] ?? "";
      if (json === "") remove.push({ kind, id: Number(flat[at]) });
      // Written by `commit` from a record of this kind.
      else put.push({ kind, value: JSON.parse(json) } as FleetRecord);
    }
  }
  return { version, all, put, remove };
}
