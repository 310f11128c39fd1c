/** A client of an event stream, as a browser is one; every event must fit the schema of its name. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { Ajv } from "ajv";
import { expect } from "vitest";
import { EVENT_SCHEMAS } from "../../src/http/event-view.ts";

export interface HeardEvent {
  readonly name: string;
  /** The place that the stream has reached with it; null: the one before. */
  readonly id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of any shape.
  readonly data: any;
}

const ajv = new Ajv({ allErrors: true, formats: { int32: true }, allowUnionTypes: true });
const CHECKS = Object.fromEntries(Object.entries(EVENT_SCHEMAS).map(([name, schema]) => [name, ajv.compile(schema)]));

export class EventClient {
  readonly response: IncomingMessage;
  readonly events: HeardEvent[] = [];
  /** Lines that begin with a colon. */
  comments = 0;
  retryMs: number | null = null;
  lastId: string | null = null;
  ended = false;
  #text = "";
  readonly #request: ClientRequest;

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#take(text));
    const end = (): void => {
      this.ended = true;
    };
    response.on("end", end);
    response.on("close", end);
    response.on("error", end);
  }

  /** Resolves with the head of the answer. */
  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { headers, agent: false }, (response) => resolve(new EventClient(sent, response)));
      sent.on("error", reject);
      sent.end();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** The names, or of some name the data. */
  get names(): readonly string[] {
    return this.events.map(({ name }) => name);
  }

  of(name: string): readonly HeardEvent["data"][] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** The body of an answer that is no stream. */
  async json(): Promise<{ readonly success: boolean; readonly status: { readonly code: number } }> {
    await expect.poll(() => this.ended).toBe(true);
    return JSON.parse(this.#text);
  }

  close(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    if (!this.response.headers["content-type"]?.startsWith("text/event-stream")) return;
    for (let end = this.#text.indexOf("\n\n"); end >= 0; end = this.#text.indexOf("\n\n")) {
      this.#block(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 2);
    }
  }

  #block(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) this.comments += 1;
      else fields.set(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2));
    }
    const [retry, name, id = null] = [fields.get("retry"), fields.get("event"), fields.get("id")];
    if (retry !== undefined) this.retryMs = Number(retry);
    if (id !== null) this.lastId = id;
    if (name === undefined) return;
    const data = JSON.parse(fields.get("data") ?? "null");
    expect(CHECKS[name]?.(data), `${name} ${JSON.stringify(data)} ${JSON.stringify(CHECKS[name]?.errors)}`).toBe(true);
    this.events.push({ name, id, data });
  }
}
