/** The event stream over `fetch`, so that the credential travels in a header and in no address. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ApiError, openEvents } from "./api.ts";

export interface RawEvent {
  readonly type: string;
  /** The place of the stream where it is known. */
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

/**
 * The events that each chunk completes. The server gives its place to the last of the events that belong together: the ones before it wait for it, and
 * come once more when the stream breaks in between.
 */
export async function* batches(body: ReadableStream<Uint8Array>): AsyncGenerator<readonly RawEvent[]> {
  let placed: RawEvent[] = [];
  let waiting: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: (event) => {
      waiting.push(event);
      const { id } = event;
      if (id === undefined) return;
      placed.push(...waiting.map(({ event: type = "message", data }) => ({ type, id, data })));
      waiting = [];
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
      yield placed;
      placed = [];
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
