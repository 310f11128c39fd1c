/** A version and data of another schema: one line says what to do. */
import { afterEach, expect, it } from "vitest";
import { Product, runCommand, TOKEN } from "../support/product.ts";
import { startRedis } from "../support/redis.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it("does not start on a newer schema; an older one is migrated by command and the chat goes on", { timeout: 90_000 }, async () => {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  const product = await Product.start({ REDIS_URL: redis.url, DEMO: "true" });
  closers.push(() => product.stop());
  const id = await product.send(1_000_001, "from the version before");
  const env = { REDIS_URL: redis.url, ADMIN_TOKEN: TOKEN, HTTP_PORT: "0", GATEWAY_PORT: "0" };
  await redis.command("DEL", "schema");
  const running = await runCommand(["migrate"], env);
  expect(running).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/^tracker-chat: these nodes are running: .+; end them first\n$/),
  });
  await product.end("SIGTERM");
  const refused = await runCommand(["serve"], env);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^tracker-chat: the data in Redis have schema 0, .+ run tracker-chat migrate\n$/),
  });
  expect(await runCommand(["migrate"], env)).toMatchObject({ code: 0, out: expect.stringMatching(/^schema 1: /), err: "" });
  await product.start();
  expect((await product.list(1_000_001)).map((message) => message.id)).toEqual([id]);
  await product.end("SIGTERM");
  await redis.command("SET", "schema", "99");
  const newer = await runCommand(["serve"], env);
  expect(newer).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /^tracker-chat: the data in Redis have schema 99, this version works on \d+: run the version that wrote them, or a newer one\n$/,
    ),
  });
});
