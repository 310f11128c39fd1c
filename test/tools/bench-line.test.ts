/** Lines of the benchmarks against servers that do not answer: a benchmark must not wait for ever. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { openLine } from "../../src/tools/bench/load.ts";

const LOGIN = "#L#867730050000001;NA\r\n";

async function withServer(onLogin: (socket: Socket) => void, use: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("data", () => onLogin(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await use((server.address() as AddressInfo).port);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

it("a line that is closed before its login is answered has failed", async () => {
  for (const close of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()])
    await withServer(close, async (port) => {
      await expect(openLine(port, LOGIN)).rejects.toThrow(/closed before|ECONNRESET/);
    });
});

it("a line whose login is accepted stays open, one whose login is refused does not count", async () => {
  const answer = (words: string) => (socket: Socket) => socket.write(words);
  await withServer(answer("#AL#1\r\n"), async (port) => {
    const socket = await openLine(port, LOGIN);
    expect(socket.readyState).toBe("open");
    expect(socket.listenerCount("close") + socket.listenerCount("error")).toBe(0);
    socket.destroy();
  });
  await withServer(answer("#AL#0\r\n"), async (port) => {
    await expect(openLine(port, LOGIN)).rejects.toThrow("login refused");
  });
});
