/** The event stream over `fetch`, so that the credential travels in a header and in no address. */
import { createParser } from "eventsource-parser";
import { ApiError, openEvents } from "./api.ts";

export interface RawEvent {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

export interface StreamListener {
  /** The server answered: events follow. */
  opened(): void;
  /** What came in one piece. */
  heard(events: readonly RawEvent[]): void;
}

/** The server says something at least every 15 seconds. */
const SILENCE_MS = 40_000;
/** One event is a message of 20,000 characters at most. */
const MAX_EVENT_CHARACTERS = 1 << 20;

/** Resolves when the server ends the stream; rejects with ApiError when it breaks, falls silent, or is stopped. */
export async function follow(hash: string, lastEventId: string, listener: StreamListener, stopped: AbortSignal): Promise<void> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const body = await openEvents(hash, lastEventId, AbortSignal.any([stopped, silent.signal]));
    listener.opened();
    for await (const events of batches(body)) {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
      if (events.length > 0) listener.heard(events);
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(0, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** The events of each chunk, none when a chunk completes none. */
async function* batches(body: ReadableStream<Uint8Array>): AsyncGenerator<readonly RawEvent[]> {
  let events: RawEvent[] = [];
  let id = "";
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: (event) => {
      id = event.id ?? id;
      events.push({ type: event.event ?? "message", id, data: event.data });
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") throw error;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield events;
      events = [];
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
