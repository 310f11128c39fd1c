/** The administrator's calls about what is kept: an account's chats exported, a tracker's chat deleted. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import { type ExportedPage, type ExportRange, exportChats } from "../chat/export.ts";
import type { Directory } from "../chat/fleet.ts";
import type { Instant } from "../chat/message.ts";
import type { MessageStore } from "../chat/ports.ts";
import { idOf } from "./admin-parameters.ts";
import { Calendar, type Edge } from "./calendar.ts";
import { EXPORT_FORMATS, EXPORT_TYPES, type ExportFormat, exportHead, exportLines } from "./export-format.ts";

export interface AdminDataDeps {
  readonly directory: Pick<Directory, "user" | "trackersOf" | "tracker">;
  readonly messages: Pick<MessageStore, "list" | "clear">;
}

/** Bytes that wait for a reader: a page beside the one that is being written. */
const BUFFERED_BYTES = 64 * 1024;

export function dataRoutes(admin: FastifyInstance, { directory, messages }: AdminDataDeps): void {
  const calendar = new Calendar();
  admin.get("/users/:id/export", async ({ params, query, log }, reply) => {
    const userId = idOf(params, "id");
    if (directory.user(userId) === undefined) throw new ChatError(204);
    const format = formatOf(query);
    const range = rangeOf(query, calendar);
    const trackers = [...directory.trackersOf(userId)].sort((one, other) => one.id - other.id);
    const pages = exportChats(messages, trackers, range);
    // A store that is away is said so, rather than an answer that breaks off.
    const first = await pages.next();
    log.info({ user: userId, trackers: trackers.length, format }, "an account's chats are exported");
    const lines = linesOf({ first, pages }, (page) => exportLines(page, format, calendar), exportHead(format));
    const stream = Readable.from(lines, { objectMode: false, highWaterMark: BUFFERED_BYTES });
    const name = `chats-${userId}.${format}`;
    return await reply.type(EXPORT_TYPES[format]).header("content-disposition", `attachment; filename="${name}"`).send(stream);
  });
  admin.delete("/trackers/:id/chat", async ({ params, log }) => {
    const trackerId = idOf(params, "id");
    if (directory.tracker(trackerId) === undefined) throw new ChatError(204);
    await messages.clear(trackerId);
    log.info({ tracker: trackerId }, "a tracker's chat was deleted");
    return { success: true };
  });
}

interface Pages {
  readonly first: IteratorResult<ExportedPage, void>;
  readonly pages: AsyncGenerator<ExportedPage, void, undefined>;
}

async function* linesOf(
  { first, pages }: Pages,
  write: (page: ExportedPage) => string,
  head: string,
): AsyncGenerator<Buffer, void, undefined> {
  if (head !== "") yield Buffer.from(head);
  if (first.done) return;
  yield Buffer.from(write(first.value));
  for await (const page of pages) yield Buffer.from(write(page));
}

type Query = Readonly<Record<string, string | undefined>>;

function formatOf(query: unknown): ExportFormat {
  const { format = "ndjson" } = query as Query;
  const known = EXPORT_FORMATS.find((one) => one === format);
  if (known === undefined) throw new ChatError(7, [{ parameter: "format", error: `must be ${EXPORT_FORMATS.join(" or ")}` }]);
  return known;
}

function rangeOf(query: unknown, calendar: Calendar): ExportRange {
  const { from, to } = query as Query;
  const range = { from: timeOf("from", from, calendar), to: timeOf("to", to, calendar) };
  if (range.from !== null && range.to !== null && range.from > range.to) {
    throw new ChatError(7, [{ parameter: "from", error: "must not be after 'to'" }]);
  }
  return range;
}

function timeOf(parameter: Edge, text: string | undefined, calendar: Calendar): Instant | null {
  if (text === undefined) return null;
  const time = calendar.parse(text, { zone: "UTC", iso: true }, parameter);
  if (time === null) throw new ChatError(7, [{ parameter, error: "must be a time like 2026-01-31T08:00:00Z" }]);
  return time;
}
