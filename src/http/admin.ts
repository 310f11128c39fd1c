/** The administrator's calls: the fleet, unknown devices, live lines, dead letters, and what is kept (admin-data.ts). */
import type { FastifyInstance } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import type { Directory } from "../chat/fleet.ts";
import type { SeenDevice } from "../chat/fleet-store.ts";
import type { LineInfo, Lines, MessageStore, Outbox } from "../chat/ports.ts";
import type { FleetDocument } from "../fleet/document.ts";
import type { Imported } from "../fleet/provisioning.ts";
import { isAdmin, refuseStranger } from "./admin-access.ts";
import { dataRoutes } from "./admin-data.ts";
import { answerAdminFailure } from "./admin-failure.ts";
import { idOf } from "./admin-parameters.ts";
import { textOf } from "./body.ts";

/** What /admin needs of the fleet; `Fleet` and its `provisioning` are it. */
export interface AdminFleet {
  readonly provisioning: {
    import(input: unknown): Promise<Imported>;
    export(): FleetDocument;
    removeTracker(id: number): Promise<boolean>;
    removeUser(id: number): Promise<{ readonly trackers: number; readonly employees: number } | null>;
  };
  readonly directory: Pick<Directory, "user" | "trackersOf" | "tracker">;
  unknown(): Promise<readonly SeenDevice[]>;
}

export interface AdminDeps {
  readonly token: string;
  readonly fleet: AdminFleet;
  readonly lines: Lines;
  readonly messages: Pick<MessageStore, "deadLetters" | "retryDeadLetter" | "find" | "owners" | "list" | "clear">;
  readonly outbox: Outbox;
}

/** 15,000 trackers are 2.4 MB. */
export const FLEET_BYTES = 64 * 1024 * 1024;
const DEAD_LETTERS = { usual: 100, most: 1_000 };

/** Adds everything under /admin; all of it needs the token. */
export function registerAdmin(app: FastifyInstance, deps: AdminDeps): void {
  void app.register(
    (admin, _options, done) => {
      admin.setErrorHandler(answerAdminFailure);
      admin.addHook("onRequest", (request, reply, next) => {
        if (isAdmin(request, deps.token)) next();
        else refuseStranger(reply);
      });
      takeAnyBodyAsJson(admin);
      fleetRoutes(admin, deps.fleet);
      careRoutes(admin, deps);
      dataRoutes(admin, { directory: deps.fleet.directory, messages: deps.messages });
      done();
    },
    { prefix: "/admin" },
  );
}

function fleetRoutes(admin: FastifyInstance, { provisioning }: AdminFleet): void {
  admin.get("/fleet", () => provisioning.export());
  admin.put("/fleet", { bodyLimit: FLEET_BYTES }, async ({ body }) => {
    const { counts, madeKeys } = await provisioning.import(body);
    return { success: true, counts, api_keys: madeKeys.map(({ userId, title, hash }) => ({ user_id: userId, title, hash })) };
  });
  admin.delete("/trackers/:id", async ({ params }) => {
    if (!(await provisioning.removeTracker(idOf(params, "id")))) throw new ChatError(204);
    return { success: true };
  });
  admin.delete("/users/:id", async ({ params }) => {
    const removed = await provisioning.removeUser(idOf(params, "id"));
    if (removed === null) throw new ChatError(204);
    return { success: true, removed };
  });
}

function careRoutes(admin: FastifyInstance, { fleet, lines, messages, outbox }: AdminDeps): void {
  admin.get("/unknown", async () => ({ success: true, list: (await fleet.unknown()).map(viewUnknown) }));
  admin.get("/lines", async () => ({ success: true, list: (await lines.list()).map(viewLine) }));
  admin.delete("/lines/:tracker_id", async ({ params }) => {
    if (!(await lines.kick(idOf(params, "tracker_id")))) throw new ChatError(204);
    return { success: true };
  });
  admin.get("/dead-letters", async ({ query }) => {
    const letters = await messages.deadLetters(limitOf(query));
    const list = letters.map(({ id, trackerId, reason, at }) => ({ id, tracker_id: trackerId, reason, time: timeOf(at) }));
    return { success: true, list };
  });
  admin.post("/dead-letters/:id/retry", async ({ params, log }) => {
    const [message] = await messages.find([idOf(params, "id")]);
    if (!message || !(await messages.retryDeadLetter(message.trackerId, message.id))) throw new ChatError(204);
    const owner = (await messages.owners([message.trackerId])).get(message.trackerId);
    // Not waited for: the text is back in its outbox, and the sweeper makes up for a lost hint.
    if (owner) outbox.hint(message.trackerId, owner).catch(() => log.warn({ tracker: message.trackerId }, "a hint was lost"));
    return { success: true };
  });
}

/** `curl --data-binary` calls everything a form: here every body is JSON, whatever its type says. */
function takeAnyBodyAsJson(admin: FastifyInstance): void {
  admin.removeAllContentTypeParsers();
  admin.addContentTypeParser("*", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const text = textOf(body, request.headers["content-type"]);
    if (text.trim() === "") done(null, undefined);
    else parseJson(text, done);
  });
}

function parseJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    done(new ChatError(5));
    return;
  }
  done(null, body);
}

function limitOf(query: unknown): number {
  const { limit } = query as Readonly<Record<string, string | undefined>>;
  if (limit === undefined) return DEAD_LETTERS.usual;
  const value = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (value < 1 || value > DEAD_LETTERS.most) throw new ChatError(7, [{ parameter: "limit", error: `must be 1 to ${DEAD_LETTERS.most}` }]);
  return value;
}

function viewUnknown({ key, protocol, address, lastTry }: SeenDevice): object {
  return { key, protocol, address, last_try: timeOf(lastTry) };
}

function viewLine({ trackerId, deviceId, protocol, node, address, since }: LineInfo): object {
  return { tracker_id: trackerId, device_id: deviceId, protocol, node, address, since: timeOf(since) };
}

/** An administrator has no time zone: UTC. */
function timeOf(instant: number): string {
  return new Date(instant).toISOString();
}
