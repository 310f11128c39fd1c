/** The proxy between the product and its Redis: however late bytes are, they keep their order, as TCP does. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, expect, it } from "vitest";
import { RedisProxy } from "./faults/primitives/proxy.ts";
import { until } from "./support/gateway-world.ts";
import { freePort } from "./support/product.ts";

const closing: (() => void)[] = [];

afterAll(() => {
  for (const close of closing) close();
});

it("passes what is late in its order, each chunk by itself", async () => {
  const target = createServer((echo: Socket) => echo.pipe(echo)).listen(0, "127.0.0.1");
  await once(target, "listening");
  const address = target.address();
  const proxy = await RedisProxy.start(await freePort(), typeof address === "object" && address !== null ? address.port : 0);
  const socket = connect(proxy.port, "127.0.0.1").setNoDelay(true);
  closing.push(
    () => socket.destroy(),
    () => proxy.close(),
    () => target.close(),
  );
  await once(socket, "connect");
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
  });
  // The first is late, those behind it are not, and come at other fractions of a millisecond.
  let passed = 0;
  proxy.delay = () => {
    passed += 1;
    return passed % 10 === 1 ? 20.9 : 0;
  };
  const said = Array.from({ length: 300 }, (_, n) => `${n} `);
  for (const word of said) {
    socket.write(word);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => heard.length === said.join("").length);
  expect(heard).toBe(said.join(""));
});
