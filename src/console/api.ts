/** The only place that talks to the server. Addresses are relative: the page works under any path that a proxy gives it. */

/** Why a call failed: a code of the contract, or 0 when no answer came. */
export class ApiError extends Error {
  readonly code: number;
  /** Of code 11 and 15: when to ask again. */
  readonly retryMs: number | null;

  constructor(code: number, description: string, retryMs: number | null = null) {
    super(description);
    this.code = code;
    this.retryMs = retryMs;
  }

  /** Nobody refused it: the same call may succeed later. */
  get isPassing(): boolean {
    return PASSING.has(this.code);
  }

  /** The session is over. */
  get isSignedOut(): boolean {
    return this.code === 3 || this.code === 4;
  }
}

/** No answer, stores and queues that are away, too many requests. */
const PASSING: ReadonlySet<number> = new Set([0, 1, 6, 8, 14, 15]);
const ANSWER_MS = 15_000;

export type Parameters = Readonly<Record<string, unknown>>;

/** One call of the API; rejects with ApiError. `hash` null: the call needs none. */
export async function call<Answer>(hash: string | null, path: string, parameters: Parameters = {}): Promise<Answer> {
  const response = await reach(path, {
    method: "POST",
    headers: { ...headersOf(hash), "Content-Type": "application/json" },
    body: JSON.stringify(parameters),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return (await answerOf(response)) as Answer;
}

/** The bytes of the event stream from after this event on; rejects with ApiError. */
export async function openEvents(hash: string, lastEventId: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const headers = { ...headersOf(hash), Accept: "text/event-stream", ...(lastEventId === "" ? {} : { "Last-Event-ID": lastEventId }) };
  const response = await reach("tracker/chat/events", { headers, signal, cache: "no-store" });
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  if (isStream && response.body !== null) return response.body;
  await answerOf(response);
  throw new ApiError(0, "not an event stream");
}

function headersOf(hash: string | null): Record<string, string> {
  return { "NVX-ISO-DateTime": "true", ...(hash === null ? {} : { Authorization: `NVX ${hash}` }) };
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  } catch (error) {
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
}

interface Failed {
  readonly success: false;
  readonly status: { readonly code: number; readonly description: string };
}

async function answerOf(response: Response): Promise<unknown> {
  const answer = (await response.json().catch(() => null)) as { readonly success: true } | Failed | null;
  if (answer?.success === true) return answer;
  if (answer?.success !== false) throw new ApiError(0, `HTTP ${response.status}`);
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  throw new ApiError(answer.status.code, answer.status.description, Number.isFinite(seconds) ? seconds * 1_000 : null);
}
