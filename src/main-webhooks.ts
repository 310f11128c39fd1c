/** Webhooks on this node, put together: their calls, who sees that something waits, and who posts it. */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { EventStore } from "./chat/events.ts";
import type { Directory } from "./chat/fleet.ts";
import type { Meter } from "./chat/meter.ts";
import type { MessageStore } from "./chat/ports.ts";
import type { WebhookStore } from "./chat/webhook.ts";
import { Webhooks } from "./chat/webhooks.ts";
import { Calendar } from "./http/calendar.ts";
import { eventView } from "./http/event-view.ts";
import { HookQueue, type HookQueueDeps } from "./webhooks/hook-queue.ts";
import { Lookout } from "./webhooks/lookout.ts";
import { Poster } from "./webhooks/post.ts";
import { HookPump, type Retry } from "./webhooks/pump.ts";

export interface WebhookSideDeps {
  readonly node: string;
  readonly webhooks: WebhookStore;
  readonly events: EventStore;
  readonly store: MessageStore;
  readonly directory: Directory;
  /** Addresses inside that may be posted to. */
  readonly allow: readonly string[];
  readonly connect: HookQueueDeps["connect"];
  readonly meter: Meter;
  readonly log: Logger;
  /** For tests: other waits than RETRY. */
  readonly retry?: Retry;
}

export interface WebhookSide {
  readonly webhooks: Webhooks;
  start(): void;
  /** Lets posts in hand end. */
  stop(): Promise<void>;
}

const SECRET_BYTES = 32;

export function createWebhookSide(deps: WebhookSideDeps): WebhookSide {
  const { node, webhooks, events, store, directory, allow, connect, meter, log, retry } = deps;
  const calendar = new Calendar();
  const poster = new Poster({ allow });
  const pump = new HookPump({
    webhooks,
    events,
    directory,
    messages: store,
    post: (url, headers, body) => poster.post(url, headers, body),
    tell: (userId, event) => eventView(event, { calendar, style: { zone: directory.user(userId)?.timeZone ?? "UTC", iso: true } }),
    meter,
    now: Date.now,
    ...(retry === undefined ? {} : { retry }),
  });
  const queue = new HookQueue({ connect, pump: (userId, id) => pump.pump(userId, id), log });
  const lookout = new Lookout({ webhooks, events, messages: store, hint: (userId, id) => queue.hint(userId, id), node, log });
  return {
    webhooks: new Webhooks({
      webhooks,
      events,
      problemOf: (url) => poster.problemOf(url),
      secret: () => `whsec_${randomBytes(SECRET_BYTES).toString("base64url")}`,
      hint: (user, id) => void queue.hint(user.id, id),
    }),
    start: () => {
      queue.start();
      lookout.start();
    },
    stop: async () => {
      lookout.stop();
      pump.stop();
      await queue.stop();
      poster.close();
    },
  };
}
