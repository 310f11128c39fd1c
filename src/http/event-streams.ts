/** `GET tracker/chat/events`: live events of an account as an event stream. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Accounts } from "../chat/accounts.ts";
import { ChatError } from "../chat/chat-error.ts";
import type { EventBatch, Following, LiveEvents } from "../chat/events.ts";
import type { Directory, UserId } from "../chat/fleet.ts";
import type { Meter } from "../chat/meter.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import { EventStream } from "./event-stream.ts";
import { batchesText, openingText } from "./event-view.ts";
import type { Admitted } from "./gate.ts";
import { gatherParameters, type Parameters } from "./parameters.ts";
import { PREFIXES, type RouteDeps, readStyle } from "./routes.ts";

export interface EventStreamsDeps extends RouteDeps {
  readonly live: LiveEvents;
  readonly directory: Pick<Directory, "user" | "userOfHash">;
  readonly sessions: Pick<Accounts, "userOfSession" | "onSessionEnd">;
  /** Calls back when accounts may have changed. */
  readonly onAccounts: (listener: () => void) => () => void;
  readonly meter: Meter;
}

/** Open streams; each holds a connection of the server. */
export const STREAMS = { perAccount: 200, perNode: 1_000 } as const;
/** Every stream is written to this often, and its session looked at. */
const HEARTBEAT_MS = 15_000;
/** Heartbeats are spread over their time. */
const BEATS = 15;
/** Changes of accounts within this are looked at together. */
const REVIEW_MS = 500;

export const EVENTS_PATH = "tracker/chat/events";

export class EventStreams {
  readonly #deps: EventStreamsDeps;
  /** Open streams by the beat in which they are written to. */
  readonly #streams = new Map<EventStream, number>();
  readonly #places = new Map<UserId, number>();
  readonly #rendered = new WeakMap<readonly EventBatch[], Map<string, Buffer>>();
  readonly #stops: (() => void)[] = [];
  #taken = 0;
  #beats = 0;
  #review: NodeJS.Timeout | null = null;
  #draining = false;

  constructor(deps: EventStreamsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Adds the route, and ends all streams when the server closes. */
  register(app: FastifyInstance): void {
    const { sessions, onAccounts } = this.#deps;
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.#open(request, reply);
    for (const prefix of PREFIXES) app.get(`${prefix}/${EVENTS_PATH}`, { config: { isStream: true } }, handler);
    const timer = setInterval(() => this.#beat(), HEARTBEAT_MS / BEATS);
    this.#stops.push(
      () => clearInterval(timer),
      sessions.onSessionEnd((isIt) => this.#endWhere(({ credential, hash }) => credential === "session" && isIt(hash))),
      onAccounts(() => this.#reviewSoon()),
    );
    app.addHook("preClose", (done) => {
      this.#close();
      done();
    });
  }

  async #open(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const parameters = gatherParameters(request);
    try {
      const admitted = await this.#deps.gate.admit(request, parameters);
      const { iso } = readStyle(request, parameters, this.#deps.calendar, admitted.user.timeZone);
      const leave = this.#enter(admitted.user.id);
      try {
        await this.#follow({ request, reply, parameters, admitted, iso, leave });
      } catch (error) {
        leave();
        throw error;
      }
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new ChatError(14);
      throw error;
    }
  }

  async #follow({ request, reply, parameters, admitted, iso, leave }: Opening): Promise<void> {
    const response = reply.raw;
    const { log, ip } = request;
    const from = performance.now();
    let following: Following | null = null;
    const stream = new EventStream({
      ...admitted,
      iso,
      response,
      render: (batches, { user }) => this.#render(batches, user.id, iso),
      ended: (ended, reason) => {
        following?.leave();
        this.#streams.delete(ended);
        leave();
        this.#deps.meter.count("listeners", reason);
        log.info({ user: admitted.user.id, ip, reason, ms: Math.round(performance.now() - from) }, "an event stream ended");
      },
    });
    following = await this.#deps.live.follow(admitted.user.id, placeAsked(request, parameters), stream);
    if (this.#draining) throw new ChatError(14);
    reply.hijack();
    // The client did not wait.
    if (stream.over) return;
    this.#streams.set(stream, this.#beats % BEATS);
    stream.begin({ ...reply.getHeaders(), ...HEADERS }, openingText(following.from, following.reset));
    following.start().catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) log.error({ err: error }, "an event stream could not be resumed");
      stream.cut("unavailable");
    });
  }

  /** Takes a place; throws 15 when there is none. What it gives gives it back. */
  #enter(userId: UserId): () => void {
    const own = this.#places.get(userId) ?? 0;
    if (own >= STREAMS.perAccount || this.#taken >= STREAMS.perNode) throw new ChatError(15);
    this.#places.set(userId, own + 1);
    this.#taken += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#taken -= 1;
      const rest = (this.#places.get(userId) ?? 1) - 1;
      if (rest === 0) this.#places.delete(userId);
      else this.#places.set(userId, rest);
    };
  }

  #render(batches: readonly EventBatch[], userId: UserId, iso: boolean): Buffer {
    const zone = this.#deps.directory.user(userId)?.timeZone ?? "UTC";
    const texts = this.#rendered.get(batches) ?? new Map<string, Buffer>();
    this.#rendered.set(batches, texts);
    const style = `${iso} ${zone}`;
    const known = texts.get(style) ?? Buffer.from(batchesText(batches, { calendar: this.#deps.calendar, style: { zone, iso } }));
    texts.set(style, known);
    return known;
  }

  #beat(): void {
    this.#beats += 1;
    const due = this.#beats % BEATS;
    for (const [stream, beat] of this.#streams) {
      if (beat !== due) continue;
      stream.beat();
      void this.#check(stream);
    }
  }

  #reviewSoon(): void {
    this.#review ??= setTimeout(() => {
      this.#review = null;
      for (const stream of this.#streams.keys()) void this.#check(stream);
    }, REVIEW_MS);
  }

  /** A session that cannot be looked up counts as open. */
  async #check(stream: EventStream): Promise<void> {
    const { directory, sessions } = this.#deps;
    try {
      const user = stream.credential === "api-key" ? directory.userOfHash(stream.hash) : await sessions.userOfSession(stream.hash);
      if (user === undefined) stream.bye("session-ended");
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  #endWhere(isOver: (stream: EventStream) => boolean): void {
    for (const stream of this.#streams.keys()) if (isOver(stream)) stream.bye("session-ended");
  }

  #close(): void {
    this.#draining = true;
    for (const stop of this.#stops) stop();
    if (this.#review !== null) clearTimeout(this.#review);
    for (const stream of this.#streams.keys()) stream.bye("drain");
  }
}

interface Opening {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parameters: Parameters;
  readonly admitted: Admitted;
  readonly iso: boolean;
  readonly leave: () => void;
}

/** No cache and no proxy may keep what comes. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
  connection: "close",
};

/** What a browser sends by itself goes before what was asked for when it began. */
function placeAsked(request: FastifyRequest, parameters: Parameters): string | null {
  const header = request.headers["last-event-id"];
  if (typeof header === "string" && header !== "") return header;
  const since = parameters.get("since");
  return since === undefined ? null : String(since);
}
