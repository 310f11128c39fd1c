/** HAProxy as it is: both versions of its header, over plain ports and over TLS that it passes on; its health checks. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Certificates } from "../../src/certificates.ts";
import { TestAuthority } from "../support/certificates.ts";
import { Peer, startWorld, until, type World } from "../support/gateway-world.ts";
import { HAPROXY, type Haproxy, startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/product.ts";

if (HAPROXY === undefined) console.log("HAProxy is not installed (apt-get install haproxy): its own headers are not tested here");

const authority = new TestAuthority();
const { settings } = new Certificates(authority.server("gateway"), pino({ level: "silent" }));
const peers: Peer[] = [];
let world: World;
let balancer: Haproxy | null = null;
const ports = { text: 0, binary: 0, secure: 0, checked: 0 };

beforeAll(async () => {
  if (HAPROXY === undefined) return;
  const trackers = [1, 2, 3, 4].map((id) => ({ id, deviceId: `dev${id}` }));
  world = await startWorld({ balancers: ["127.0.0.1"], tls: settings, fleet: { trackers } });
  for (const name of ["text", "binary", "secure", "checked"] as const) ports[name] = await freePort();
  const listen = (name: keyof typeof ports, server: string): string =>
    `listen ${name}\n  bind 127.0.0.1:${ports[name]}\n  server gateway 127.0.0.1:${server}\n`;
  balancer = startHaproxy([
    listen("text", `${world.port} send-proxy`),
    listen("binary", `${world.port} send-proxy-v2 proxy-v2-options unique-id,crc32c`),
    listen("secure", `${world.tlsPort} send-proxy-v2`),
    listen("checked", `${world.port} send-proxy-v2 check inter 50ms`),
  ]);
  await until(
    async () => (await tryDial(ports.checked)) !== null,
    () => "HAProxy to listen",
    10_000,
  );
}, 30_000);

afterAll(async () => {
  for (const { socket } of peers) socket.destroy();
  balancer?.stop();
  if (HAPROXY !== undefined) await world.close();
  authority.remove();
});

function tryDial(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    // An address of the loopback network that only this device has.
    const socket = connectPlain({ host: "127.0.0.1", port, localAddress: "127.0.0.77" });
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(null));
  });
}

async function dial(port: number): Promise<Socket> {
  const socket = await tryDial(port);
  if (socket === null) throw new Error(`nobody listens on ${port}`);
  return socket;
}

async function login(socket: Socket, tracker: number): Promise<string | undefined> {
  const peer = new Peer(socket);
  peers.push(peer);
  await peer.login(`dev${tracker}`);
  peer.say("T s1 up");
  await peer.heard("AT");
  return world.registry.get(tracker)?.address;
}

describe.runIf(HAPROXY !== undefined)("behind HAProxy", () => {
  it("a line has its device's address with send-proxy and with send-proxy-v2", async () => {
    expect(await login(await dial(ports.text), 1)).toBe("127.0.0.77");
    expect(await login(await dial(ports.binary), 2)).toBe("127.0.0.77");
  });

  it("so has a line over TLS that HAProxy passes on", async () => {
    const secure = connectTls({ socket: await dial(ports.secure), ca: authority.ca, servername: "localhost" });
    await new Promise<void>((resolve, reject) => void secure.once("secureConnect", resolve).once("error", reject));
    expect(await login(secure, 3)).toBe("127.0.0.77");
  });

  it("health checks find the gateway up and leave nothing behind", async () => {
    expect(await login(await dial(ports.checked), 4)).toBe("127.0.0.77");
    await until(
      async () => (await healthOf("checked")).startsWith("UP L"),
      () => "a health check",
      10_000,
    );
    expect(await healthOf("checked")).toMatch(/^UP L[467]OK /);
    expect(world.counts.get("closings bad-proxy-header")).toBeUndefined();
    expect(world.logs.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });
});

/** What HAProxy thinks of a server: its status, and how the last check went. */
async function healthOf(proxy: string): Promise<string> {
  const socket = connectPlain(balancer?.stats ?? "");
  socket.write("show stat\n");
  let text = "";
  for await (const chunk of socket) text += chunk;
  const [names = "", ...rows] = text.trim().split("\n");
  const row = rows.map((line) => line.split(",")).find(([name, server]) => name === proxy && server === "gateway") ?? [];
  const field = (name: string): string => row[names.replace("# ", "").split(",").indexOf(name)] ?? "";
  return `${field("status")} ${field("check_status")} `;
}
