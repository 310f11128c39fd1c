/** How a commit says what it changed, so that other nodes read only that. */
import { type Chore, FLEET_KINDS, type FleetChanges, type FleetKind, type FleetRecord, type RecordName } from "../chat/fleet-store.ts";

/** Versions that a node may be behind before it reads everything. */
export const LOG_ENTRIES = 200;
/** A commit of more records than this is not listed: reading everything is cheaper. */
const LISTED_RECORDS = 2_000;

export function nameOf({ kind, id }: RecordName): string {
  return `${kind}:${id}`;
}

/** `disown:1`, `erase:1:7` with whose it was, `forget:7`. */
export function choreName(chore: Chore): string {
  const owner = chore.type === "erase" && chore.userId !== undefined ? `:${chore.userId}` : "";
  return `${chore.type}:${chore.type === "forget" ? chore.userId : chore.trackerId}${owner}`;
}

/** The chore of this name. */
export function choreOf(name: string): Chore {
  const [type, id, owner] = name.split(":");
  if (type === "forget") return { type, userId: Number(id) };
  if (type === "disown") return { type, trackerId: Number(id) };
  return { type: "erase", trackerId: Number(id), ...(owner === undefined ? {} : { userId: Number(owner) }) };
}

/** `tracker:1,user:2`; empty: everything may have changed. */
export function logEntry(changes: FleetChanges): string {
  const put = changes.put.map((record) => ({ kind: record.kind, id: record.value.id }));
  const names = [...put, ...changes.remove];
  return names.length > LISTED_RECORDS ? "" : names.map(nameOf).join(",");
}

/** The records that these entries name, each once. */
export function namesIn(entries: readonly string[]): readonly RecordName[] {
  const names = new Set(entries.flatMap((entry) => entry.split(",").filter((name) => name !== "")));
  return [...names].flatMap((name) => {
    const [word, id] = name.split(":");
    const kind = FLEET_KINDS.find((known) => known === word);
    return kind === undefined ? [] : [{ kind, id: Number(id) }];
  });
}

/** A record as `commit` wrote it. */
export function readRecord(kind: FleetKind, json: string): FleetRecord {
  return { kind, value: JSON.parse(json) } as FleetRecord;
}
