/**
 * Which layout the data in Redis has. A version works on its own layout only: on a newer one it does not start, and an older one is
 * migrated by command, while no node runs.
 */
import type { RedisConnection } from "./connection.ts";
import { FLEET_META } from "./fleet-keys.ts";
import { IDS, SCHEMA_KEY } from "./keys.ts";
import { reach } from "./redis-reach.ts";

/** Takes the data one step on. It may be broken off at any point, and is then run again from its beginning. */
export interface Migration {
  /** The schema that it leads to, from the one before. */
  readonly to: number;
  readonly what: string;
  run(connection: RedisConnection): Promise<void>;
}

/** In order, up to the present schema. Data of before the schema was written down count as 0. */
export const MIGRATIONS: readonly Migration[] = [
  {
    to: 1,
    what: "the schema is written down; data of before that have the same layout",
    run: () => Promise.resolve(),
  },
];

/** The product cannot work on what is in this Redis; the message is one line and says what to do. */
class SchemaRefused extends Error {
  readonly code = "schema-refused";
}

/** What is written at the key while a migration runs, and stays when it breaks off. */
const UNFINISHED = /^(\d+)>(\d+)$/;

/** Throws SchemaRefused unless this version may work here. An empty Redis gets the present schema. Call before anything is written. */
export async function openSchema(connection: RedisConnection, migrations = MIGRATIONS): Promise<void> {
  const present = lastOf(migrations);
  const found = await schemaOf(connection, present);
  if (found.unfinished) throw new SchemaRefused("a migration of the data in Redis was not finished: run tracker-chat migrate");
  refuseNewer(found.schema, present);
  if (found.schema < present) {
    throw new SchemaRefused(
      `the data in Redis have schema ${found.schema}, this version works on ${present}: end all nodes, make a backup, run tracker-chat migrate`,
    );
  }
}

/** Migrates to the present schema; gives the steps that were taken. Throws SchemaRefused when that cannot be. */
export async function migrate(
  connection: RedisConnection,
  liveNodes: readonly string[],
  migrations = MIGRATIONS,
): Promise<readonly Migration[]> {
  const present = lastOf(migrations);
  const { schema } = await schemaOf(connection, present);
  refuseNewer(schema, present);
  const steps = migrations.filter(({ to }) => to > schema);
  if (steps.length > 0 && liveNodes.length > 0) throw new SchemaRefused(`these nodes are running: ${liveNodes.join(", ")}; end them first`);
  for (const { to, run } of steps) {
    await reach(connection.set(SCHEMA_KEY, `${to - 1}>${to}`));
    await run(connection);
    await reach(connection.set(SCHEMA_KEY, String(to)));
  }
  return steps;
}

interface Found {
  readonly schema: number;
  readonly unfinished: boolean;
}

async function schemaOf(connection: RedisConnection, present: number): Promise<Found> {
  const written = await reach(connection.get(SCHEMA_KEY));
  if (written === null && (await isEmpty(connection))) {
    // Another node may start at this moment: whoever comes first decides.
    await reach(connection.set(SCHEMA_KEY, String(present), "NX"));
    return await schemaOf(connection, present);
  }
  const [, from] = UNFINISHED.exec(written ?? "") ?? [];
  if (from !== undefined) return { schema: Number(from), unfinished: true };
  if (written !== null && !/^\d+$/.test(written)) throw new SchemaRefused(`the key "${SCHEMA_KEY}" in Redis is not this product's`);
  return { schema: Number(written ?? 0), unfinished: false };
}

/** No fleet and no message was ever stored here. */
async function isEmpty(connection: RedisConnection): Promise<boolean> {
  const found = await Promise.all([IDS, FLEET_META].map((key) => reach(connection.exists(key))));
  return found.every((count) => count === 0);
}

function refuseNewer(schema: number, present: number): void {
  if (schema <= present) return;
  throw new SchemaRefused(
    `the data in Redis have schema ${schema}, this version works on ${present}: run the version that wrote them, or a newer one`,
  );
}

function lastOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.to ?? 0;
}
