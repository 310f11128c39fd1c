/** The dispatcher's side of a replay, over the HTTP API: what the transcript sends, and what it expects in the chat. */
import { deviceKey } from "../chat/fleet.ts";
import type { ReplayApi } from "../tools/replay.ts";
import { AdminClient, type ClientFlags, clientConfig } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";

interface Listed {
  readonly id: number;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: string;
  readonly answers?: number;
}

/** Devices are found in the fleet, which needs the admin token; `hash` is their user's. */
export async function replayApi(hash: string, flags: ClientFlags): Promise<ReplayApi> {
  const client = new AdminClient(clientConfig(flags), flags.url);
  const fleet = (await client.call("GET", "/admin/fleet")) as {
    readonly trackers: readonly { readonly id: number; readonly device_id: string }[];
  };
  const ids = new Map(fleet.trackers.map((tracker) => [deviceKey(tracker.device_id), tracker.id]));
  const trackerOf = (deviceId: string): number => {
    const id = ids.get(deviceKey(deviceId));
    if (id === undefined) throw new CommandError(`device ${deviceId} is not in the fleet`);
    return id;
  };
  const call = (path: string, parameters: object): Promise<unknown> =>
    client.call("POST", `/tracker/chat/${path}`, JSON.stringify({ ...parameters, hash }));
  const newest = async (deviceId: string): Promise<readonly Listed[]> => {
    const answer = await call("list", { tracker_id: trackerOf(deviceId), ascending: false });
    return (answer as { readonly list: readonly Listed[] }).list;
  };
  return {
    send: async (deviceId, text) =>
      ((await call("send", { tracker_id: trackerOf(deviceId), message: text })) as { readonly id: number }).id,
    cancel: async (_deviceId, id) => void (await call("message/cancel", { message_id: id })),
    texts: async (deviceId, sinceId) =>
      (await newest(deviceId)).filter(({ id, type }) => type === "INCOMING" && id > sinceId).sort((a, b) => a.id - b.id),
    status: async (deviceId, id) => (await newest(deviceId)).find((message) => message.id === id)?.status ?? "absent",
    states: async (_deviceId, id) => {
      const { timeline } = (await call("message/timeline", { message_id: id })) as {
        readonly timeline: readonly { readonly state: string }[];
      };
      return timeline.map(({ state }) => state);
    },
    lastId: async (deviceId) => Math.max(0, ...(await newest(deviceId)).map(({ id }) => id)),
  };
}
