/**
 * The server's side of the console, scripted: the agreed answers for a fleet of any size, without devices or a store. For what needs
 * thousands of trackers and messages at once; everything else is tested on the product itself.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { pino } from "pino";
import { ChatError } from "../../src/chat/chat-error.ts";
import { registerConsole } from "../../src/http/console.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { BOUNDS } from "../support/limits.ts";

export interface Scene {
  readonly trackers: number;
  /** Messages of the first tracker; the others have three each. */
  readonly messages: number;
  /** When the newest message was written. */
  readonly now: number;
}

interface ScriptedMessage {
  readonly id: number;
  readonly submit_time: string;
  readonly update_time: string | null;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
  readonly employee_id: null;
  readonly state: string;
}

type Body = Readonly<Record<string, unknown>>;

const SPACING_MS = 90_000;
const TEXTS = [
  "On my way to the terminal.",
  "Gate 4, please. The consignee asks for the CMR and both seals before unloading starts.",
  "Traffic jam on the A2, about 40 minutes.",
  "Understood",
  "Loading took longer than planned: 33 pallets instead of 28. I leave at 15:20 and should reach the border before six if the weather holds.",
  "Thank you!",
];

export class ScriptedServer {
  readonly #app: FastifyInstance;
  readonly #scene: Scene;
  readonly #messages = new Map<number, ScriptedMessage[]>();
  readonly #listeners = new Set<ServerResponse>();
  #nextId = 1;
  #epoch = 1_000;
  #hash = randomBytes(16).toString("hex");
  #refused: readonly string[] = [];
  readonly #events: string[] = [];
  /** Paths that were called. */
  readonly called: string[] = [];

  private constructor(app: FastifyInstance, scene: Scene) {
    this.#app = app;
    this.#scene = scene;
    for (let tracker = scene.trackers; tracker >= 1; tracker -= 1) this.#fill(tracker, tracker === 1 ? scene.messages : 3);
  }

  static async start(scene: Scene): Promise<ScriptedServer> {
    const app = await createHttpServer({
      logger: pino({ level: "silent" }),
      trustProxy: [],
      tls: null,
      limits: BOUNDS.http,
      registry: null,
    });
    const server = new ScriptedServer(app, scene);
    await registerConsole(app, join(import.meta.dirname, "../../dist/console"));
    server.#routes();
    await app.listen({ host: "127.0.0.1", port: 0 });
    return server;
  }

  get url(): string {
    const address = this.#app.server.address();
    return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/` : "";
  }

  async stop(): Promise<void> {
    this.#app.server.closeAllConnections();
    await this.#app.close();
  }

  /** A driver writes. */
  say(tracker: number, text: string): void {
    const message = this.#add(tracker, { text, type: "INCOMING", status: "PENDING", state: "unread" }, Date.now());
    this.emit("message", { tracker_id: tracker, message });
    this.emit("unread", { tracker_id: tracker, unread: this.#unread(tracker) });
  }

  /** Every session is over; new ones may begin. */
  endSessions(): void {
    this.#refused = [...this.#refused, this.#hash];
    this.#hash = randomBytes(16).toString("hex");
    this.#dismiss('event: bye\ndata: {"reason":"session-ended"}\n\n');
  }

  /** The stream as if it had never been: who comes back cannot go on, and its places are lower than before. */
  forgetEvents(): void {
    this.#events.length = 0;
    this.#epoch -= 1;
    this.#dismiss("");
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  emit(type: string, data: object): void {
    const event = `id: ${this.#place(this.#events.length + 1)}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#events.push(event);
    for (const listener of this.#listeners) listener.write(event);
  }

  #dismiss(words: string): void {
    for (const listener of this.#listeners) listener.end(words);
    this.#listeners.clear();
  }

  #fill(tracker: number, count: number): void {
    for (let index = count - 1; index >= 0; index -= 1) {
      const isOut = (index * 7 + tracker) % 3 === 0;
      const text = TEXTS[(index + tracker) % TEXTS.length] ?? "";
      const state = isOut ? "delivered" : index === 0 && tracker % 40 === 3 ? "unread" : "marked-read";
      const at = this.#scene.now - index * SPACING_MS - tracker * 1_000;
      this.#add(tracker, { text, type: isOut ? "OUTGOING" : "INCOMING", status: state === "unread" ? "PENDING" : "DELIVERED", state }, at);
    }
  }

  #add(tracker: number, part: Pick<ScriptedMessage, "text" | "type" | "status" | "state">, at: number): ScriptedMessage {
    const time = iso(at);
    const isDelivered = part.type === "OUTGOING" && part.status === "DELIVERED";
    const message = { id: this.#nextId, submit_time: time, update_time: isDelivered ? time : null, employee_id: null, ...part };
    this.#nextId += 1;
    const known = this.#messages.get(tracker) ?? [];
    known.push(message);
    this.#messages.set(tracker, known);
    return message;
  }

  /** After so many events. */
  #place(count: number): string {
    return `${this.#epoch}-${count}`;
  }

  #unread(tracker: number): number {
    return (this.#messages.get(tracker) ?? []).filter(({ state }) => state === "unread").length;
  }

  #routes(): void {
    const answers: Readonly<Record<string, (body: Body) => object>> = {
      "user/auth": () => ({ type: "authenticated", hash: this.#hash }),
      "user/logout": () => ({}),
      "user/get_info": () => ({ value: { id: 1, login: "dispatch@example.com", time_zone: "Europe/Berlin" } }),
      "tracker/list": () => ({ list: this.#ids().map((id) => this.#tracker(id)) }),
      "employee/list": () => ({
        list: this.#ids().map((id) => ({ id, first_name: "Driver", middle_name: "", last_name: String(id), tracker_id: id })),
      }),
      "tracker/chat/roster": ({ trackers }) => ({ event_id: this.#place(this.#events.length), list: this.#roster(trackers) }),
      "tracker/chat/list": (body) => ({ list: this.#list(body) }),
      "tracker/chat/send": (body) => ({ id: this.#send(Number(body["tracker_id"]), String(body["message"])).id }),
      "tracker/chat/capabilities": ({ message }) => ({ value: capabilities(message) }),
      "tracker/chat/mark_read": ({ message_ids }) => this.#markRead(message_ids),
    };
    for (const [path, answer] of Object.entries(answers)) {
      this.#app.post(`/${path}`, (request) => {
        this.called.push(path);
        this.#admit(request);
        return { success: true, ...answer((request.body ?? {}) as Body) };
      });
    }
    this.#app.get("/tracker/chat/events", (request, reply) => {
      this.#admit(request);
      reply.hijack();
      reply.raw.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      const [epoch, count] = String(request.headers["last-event-id"] ?? "").split("-");
      const isKnown = Number(epoch) === this.#epoch;
      const after = isKnown ? Number(count) : this.#events.length;
      const reset = isKnown ? "" : 'event: reset\ndata: {"reason":"too-old"}\n\n';
      reply.raw.write(`retry: 2000\n\n${reset}id: ${this.#place(after)}\nevent: hello\ndata: {}\n\n${this.#events.slice(after).join("")}`);
      this.#listeners.add(reply.raw);
      request.raw.once("close", () => this.#listeners.delete(reply.raw));
    });
  }

  #admit({ headers: { authorization = "" } }: FastifyRequest): void {
    if (this.#refused.some((hash) => authorization.endsWith(hash))) throw new ChatError(4);
  }

  #ids(): readonly number[] {
    return Array.from({ length: this.#scene.trackers }, (_, index) => index + 1);
  }

  #tracker(id: number): object {
    const source = { id, device_id: String(860_000_000_000_000 + id), model: "scripted", blocked: false, tariff_id: 1, phone: null };
    return { id, label: `Truck ${id}`, group_id: id % 5, source };
  }

  #roster(trackers: unknown): readonly object[] {
    const ids = Array.isArray(trackers) ? (trackers as readonly number[]) : this.#ids();
    return ids.map((id) => ({
      tracker_id: id,
      online: id % 3 !== 0,
      since: iso(this.#scene.now - id * 60_000),
      protocol: "scripted",
      unread: this.#unread(id),
      pending: id % 3 === 0 && id % 7 === 0 ? 2 : 0,
      last: this.#messages.get(id)?.at(-1) ?? null,
    }));
  }

  #list({ tracker_id, to, limit }: Body): readonly ScriptedMessage[] {
    const until = typeof to === "string" ? Date.parse(to) + 999 : Number.POSITIVE_INFINITY;
    const fitting = (this.#messages.get(Number(tracker_id)) ?? []).filter(({ submit_time }) => Date.parse(submit_time) <= until);
    return fitting.slice(-Number(limit)).reverse();
  }

  #send(tracker: number, text: string): ScriptedMessage {
    const message = this.#add(tracker, { text, type: "OUTGOING", status: "PENDING", state: "queued" }, Date.now());
    this.emit("message", { tracker_id: tracker, message });
    const at = iso(Date.now());
    this.emit("status", { tracker_id: tracker, message_id: message.id, status: "PENDING", state: "written", update_time: null });
    this.emit("status", { tracker_id: tracker, message_id: message.id, status: "DELIVERED", state: "delivered", update_time: at });
    const messages = this.#messages.get(tracker) ?? [];
    this.#messages.set(tracker, messages.with(-1, { ...message, status: "DELIVERED", state: "delivered", update_time: at }));
    return message;
  }

  #markRead(ids: unknown): object {
    const read = new Set(ids as readonly number[]);
    for (const [tracker, messages] of this.#messages) {
      const marked = messages.map((message) =>
        read.has(message.id) ? { ...message, state: "marked-read", status: "DELIVERED" as const } : message,
      );
      if (!messages.some(({ id }) => read.has(id))) continue;
      this.#messages.set(tracker, marked);
      this.emit("unread", { tracker_id: tracker, unread: this.#unread(tracker) });
    }
    return {};
  }
}

function capabilities(message: unknown): object {
  const device = { protocol: "scripted", text_down: "chat", text_up: true, receipt: "by-tag", read: true, choices: true };
  const outlook = typeof message === "string" ? { parts: Math.ceil(message.length / 200), lost: [], sendable: true } : {};
  return { ...device, charset: "utf8", bytes_per_part: 200, window: 1, ...outlook };
}

function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}
