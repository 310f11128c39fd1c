/** Which layout of the data a version works on, and how they are taken to it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { RedisFleetStore } from "../../src/store/fleet-redis.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { MIGRATIONS, type Migration, migrate, openSchema } from "../../src/store/schema.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { freshTracker, submitted } from "./world.ts";

const PRESENT = MIGRATIONS.at(-1)?.to ?? 0;

describe.each([false, true])("the schema, in a cluster: %s", (cluster) => {
  let redis: TestRedis;
  let connection: RedisConnection;
  beforeAll(async () => {
    redis = await startRedis({ cluster });
    connection = connectRedis(redis.place, "requests");
    await connected(connection, 10_000);
  }, 20_000);
  afterEach(() => redis.command("FLUSHALL"));
  afterAll(async () => {
    connection.disconnect();
    await redis.stop();
  });

  const written = (): Promise<unknown> => redis.command("GET", "schema");
  const somebody = (): Promise<unknown> => submitted(new RedisStore(connection), freshTracker());

  it("is written down in an empty Redis, by whichever node comes first", async () => {
    await Promise.all([openSchema(connection), openSchema(connection), openSchema(connection)]);
    expect(await written()).toBe(String(PRESENT));
    await somebody();
    await openSchema(connection);
    expect(await migrate(connection, ["a"])).toEqual([]);
  });

  it.each([
    ["a message", () => somebody()],
    [
      "a fleet",
      () =>
        new RedisFleetStore({ requests: connection, subscriber: connection }).commit(0, {
          put: [{ kind: "dealer", value: { id: 1, deviceLimit: null } }],
          remove: [],
          chores: [],
        }),
    ],
  ])("is missing where an earlier version left %s: refused until they are migrated", async (_, leave) => {
    await leave();
    const refusal = `the data in Redis have schema 0, this version works on ${PRESENT}: end all nodes, make a backup, run tracker-chat migrate`;
    await expect(openSchema(connection)).rejects.toMatchObject({ code: "schema-refused", message: refusal });
    expect(await written()).toBeNull();
    expect((await migrate(connection, [])).map(({ to }) => to)).toEqual(MIGRATIONS.map(({ to }) => to));
    await openSchema(connection);
    expect(await written()).toBe(String(PRESENT));
  });

  it("is newer: refused, also by a migration, and nothing is changed", async () => {
    await redis.command("SET", "schema", PRESENT + 1);
    const refusal = `the data in Redis have schema ${PRESENT + 1}, this version works on ${PRESENT}: run the version that wrote them, or a newer one`;
    await expect(openSchema(connection)).rejects.toMatchObject({ code: "schema-refused", message: refusal });
    await expect(migrate(connection, [])).rejects.toMatchObject({ code: "schema-refused", message: refusal });
    expect(await written()).toBe(String(PRESENT + 1));
  });

  it("is not ours: refused", async () => {
    await redis.command("SET", "schema", "public");
    await expect(openSchema(connection)).rejects.toMatchObject({ code: "schema-refused" });
    await expect(migrate(connection, [])).rejects.toMatchObject({ code: "schema-refused" });
  });

  it("is not touched while nodes run", async () => {
    await somebody();
    const store = new RedisStore(connection);
    await store.renewLease("node-b", 60_000);
    await expect(migrate(connection, await store.liveNodes())).rejects.toThrow("these nodes are running: node-b; end them first");
    expect(await written()).toBeNull();
  });

  it("changes step by step; a step that broke off is run again, and nothing works on what it left", async () => {
    await redis.command("SET", "schema", "1");
    await redis.command("SET", "{test}:old", "moved");
    const ran: number[] = [];
    let broken = true;
    const steps: readonly Migration[] = [
      step(1, () => Promise.reject(new Error("done before"))),
      step(2, async (client) => {
        if ((await client.exists("{test}:old")) === 1) await client.rename("{test}:old", "{test}:new");
        if (broken) throw new Error("the power went");
      }),
      step(3, () => Promise.resolve()),
    ];
    function step(to: number, run: Migration["run"]): Migration {
      const noted: Migration["run"] = (client) => {
        ran.push(to);
        return run(client);
      };
      return { to, what: `step ${to}`, run: noted };
    }
    await expect(migrate(connection, [], steps)).rejects.toThrow("the power went");
    await expect(openSchema(connection, steps)).rejects.toThrow("was not finished: run tracker-chat migrate");
    await expect(openSchema(connection)).rejects.toMatchObject({ code: "schema-refused" });
    broken = false;
    expect((await migrate(connection, [], steps)).map(({ what }) => what)).toEqual(["step 2", "step 3"]);
    expect(ran).toEqual([2, 2, 3]);
    await openSchema(connection, steps);
    expect(await redis.command("GET", "{test}:new")).toBe("moved");
  });
});
