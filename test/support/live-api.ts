/** The facade with live events on a real socket, and clients that listen to it. */
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { type Api, type ApiOptions, startApi } from "./api.ts";
import { EventClient } from "./event-client.ts";
import { HASH, paperProtocol } from "./fleet.ts";

export const OTHER_HASH = "b".repeat(32);
const FLEET = {
  users: [{ id: 1, timeZone: "Asia/Kathmandu" }, { id: 2 }],
  hashes: { [HASH]: 1, [OTHER_HASH]: 2 },
  protocols: [paperProtocol("paper")],
  trackers: [{ id: 1, protocol: "paper" }, { id: 2 }, { id: 9, userId: 2 }],
};

const apis: Api[] = [];
const clients: EventClient[] = [];

/** Ends everything that was started here. */
export async function closeAll(): Promise<void> {
  for (const client of clients.splice(0)) client.close();
  for (const api of apis.splice(0)) await api.app.close();
}

/** User 1 has trackers 1 and 2, user 2 has tracker 9. */
export async function startLive(options: ApiOptions = {}): Promise<Api> {
  const api = await startApi({ fleet: FLEET, live: true, ...options });
  apis.push(api);
  return api;
}

export async function listen(
  api: Api,
  query = `?hash=${HASH}`,
  { headers = {}, prefix = "" }: { readonly headers?: Readonly<Record<string, string>>; readonly prefix?: string } = {},
): Promise<EventClient> {
  const { port } = api.app.server.address() as AddressInfo;
  const client = await EventClient.open(`http://127.0.0.1:${port}${prefix}/tracker/chat/events${query}`, headers);
  clients.push(client);
  return client;
}

/** Listens, and has heard hello. */
export async function greeted(...asked: Parameters<typeof listen>): Promise<EventClient> {
  const client = await listen(...asked);
  await expect.poll(() => client.names).toContain("hello");
  return client;
}

/** The code of an answer that is no stream. */
export async function codeOf(client: EventClient): Promise<number> {
  return (await client.json()).status.code;
}

/** Connections that the server holds open. */
export async function connections(api: Api): Promise<number> {
  return await new Promise((resolve, reject) => api.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
}
