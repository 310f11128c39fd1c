/** Who has no business at a device port, and devices that knock at the wrong one. */
import { connect } from "node:net";
import { play } from "./conversation.ts";
import type { Noted } from "./place.ts";

/** How others begin. */
const BANNERS: Readonly<Record<string, Buffer>> = {
  http: Buffer.from("GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: scanner\r\n\r\n"),
  "http post": Buffer.from('POST /tracker/chat/send HTTP/1.1\r\nContent-Length: 4294967295\r\n\r\n{"hash":"'),
  http2: Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  tls: Buffer.from(
    `16030100f8010000f40303${"5a".repeat(32)}20${"a5".repeat(32)}0026c02cc030009fcca9cca8ccaac02bc02f009e00ff01000085`,
    "hex",
  ),
  ssh: Buffer.from("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
  smtp: Buffer.from("EHLO scanner.example.org\r\n"),
  telnet: Buffer.from("fffd03fffb18fffb1ffffb20fffb21fffb22fffb27fffd05", "hex"),
  rdp: Buffer.from("030000130ee000000000000100080003000000", "hex"),
  redis: Buffer.from("*1\r\n$4\r\nINFO\r\n"),
  mqtt: Buffer.from("101000044d5154540402003c000461626364", "hex"),
  socks: Buffer.from("050100", "hex"),
  "proxy header": Buffer.from("PROXY TCP4 192.0.2.1 192.0.2.2 1234 5000\r\n"),
  sip: Buffer.from("OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n\r\n"),
  zeros: Buffer.alloc(1_024),
  ones: Buffer.alloc(1_024, 0xff),
};

/** Each banner at each port. */
export async function showBanners(ports: readonly number[]): Promise<readonly Noted[]> {
  const all = ports.flatMap((port) => Object.entries(BANNERS).map(([name, banner]) => ({ name, banner, port })));
  const endings = await Promise.all(
    all.map(async ({ name, banner, port }) => ({ name, port, ...(await play({ writes: [banner], paceMs: 0 }, port)) })),
  );
  const wrong = endings.flatMap(({ stuck, name, port }) => (stuck ? [`the banner "${name}" at port ${port} did not end`] : []));
  return [{ kind: "banners", count: all.length, wrong }];
}

/** How devices begin, at the port of the API. */
export async function knockAt(httpPort: number, openings: readonly Buffer[]): Promise<readonly Noted[]> {
  const endings = await Promise.all(openings.map((bytes) => play({ writes: [bytes], paceMs: 0 }, httpPort)));
  const wrong = endings.flatMap(({ stuck }, index) => (stuck ? [`at the API did not end: ${openings[index]?.toString("hex")}`] : []));
  return [{ kind: "logins at the API", count: openings.length, wrong }];
}

/** Every port is opened and let go without a word: by an end, and by a reset. */
export async function scan(ports: readonly number[], times: number): Promise<readonly Noted[]> {
  const knocks = ports.flatMap((port) => Array.from({ length: times }, (_, index) => ({ port, reset: index % 2 === 0 })));
  await Promise.all(
    knocks.map(async ({ port, reset }) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.on("error", () => undefined);
      socket.on("connect", () => (reset ? socket.resetAndDestroy() : socket.end()));
      socket.resume();
      await new Promise<void>((resolve) => {
        socket.on("close", () => resolve());
      });
    }),
  );
  return [{ kind: "port scan", count: knocks.length, wrong: [] }];
}
