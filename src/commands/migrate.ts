/** `tracker-chat migrate`: takes the data in Redis to the schema of this version. */
import { Command } from "commander";
import { type ClientFlags, clientConfig, dataDirOption } from "./admin-client.ts";
import { print } from "./output.ts";

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("take the data in Redis to the schema of this version; end all nodes and make a backup first")
    .addOption(dataDirOption())
    .addHelpText("after", EXAMPLES)
    .action(migrateData);
}

const EXAMPLES = `
Works on the Redis that REDIS_URL names, else on the embedded one in DATA_DIR. It may be run again: what is done is not done twice.

Examples:
  tracker-chat migrate
  REDIS_URL=redis://10.0.0.5:6379 tracker-chat migrate`;

async function migrateData(flags: ClientFlags): Promise<void> {
  const [{ withRedis }, { migrate }, { RedisStore }] = await Promise.all([
    import("./direct-redis.ts"),
    import("../store/schema.ts"),
    import("../store/redis.ts"),
  ]);
  const steps = await withRedis(clientConfig(flags), async ({ requests }) => migrate(requests, await new RedisStore(requests).liveNodes()));
  const lines = steps.map(({ to, what }) => `schema ${to}: ${what}`);
  await print(lines.length === 0 ? "the data have the schema of this version already" : lines.join("\n"));
}
