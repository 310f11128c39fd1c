/** Where an embedded Redis listens. */
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { probe } from "./probe.ts";
import { MAX_SOCKET_PATH, type RedisFiles, type RedisPlace } from "./redis-conf.ts";

/** The socket, or a loopback port with a password when its path does not fit; the port is kept for later starts. */
export async function placeFor(files: RedisFiles): Promise<RedisPlace> {
  if (fitsSocket(files.socket)) return { path: files.socket };
  try {
    const { port, password } = JSON.parse(readFileSync(files.port, "utf8")) as { readonly port: number; readonly password: string };
    const place = { host: "127.0.0.1", port, password } as const;
    if ((await probe(place, files.data)).type !== "foreign") return place;
  } catch {
    // No such file yet.
  }
  const place = { host: "127.0.0.1", port: await freePort(), password: randomBytes(24).toString("base64url") } as const;
  rmSync(files.port, { force: true });
  writeFileSync(files.port, JSON.stringify({ port: place.port, password: place.password }), { mode: 0o600 });
  return place;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export function describe(place: RedisPlace): string {
  return "path" in place ? place.path : `${place.host}:${place.port}`;
}

/** ioredis reads a path as part of a URL: a blank or a question mark in it would be changed. */
function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH && /^[A-Za-z0-9/._~-]+$/.test(path);
}
