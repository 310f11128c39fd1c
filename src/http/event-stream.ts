/** One open stream of live events: what it is told goes out as it comes, and whoever does not take it is cut. */
import type { ServerResponse } from "node:http";
import type { EventBatch, Hearer } from "../chat/events.ts";
import type { User } from "../chat/fleet.ts";
import type { Credential } from "./call.ts";
import { byeText, HEARTBEAT } from "./event-view.ts";

/** Bytes that may wait for a slow reader when more are to go out. */
export const STREAM_BYTES = 256 * 1024;

export interface EventStreamOptions {
  readonly user: User;
  readonly hash: string;
  readonly credential: Credential;
  readonly iso: boolean;
  readonly response: ServerResponse;
  /** The text of these batches for this stream's user and style; made once for all who hear the same. */
  readonly render: (batches: readonly EventBatch[], stream: EventStream) => Buffer;
  /** Called once, with why. */
  readonly ended: (stream: EventStream, reason: string) => void;
}

export class EventStream implements Hearer {
  readonly user: User;
  readonly hash: string;
  readonly credential: Credential;
  readonly iso: boolean;
  readonly #options: EventStreamOptions;
  #over = false;

  constructor(options: EventStreamOptions) {
    this.user = options.user;
    this.hash = options.hash;
    this.credential = options.credential;
    this.iso = options.iso;
    this.#options = options;
    options.response.on("close", () => this.#end("closed"));
    // The close follows.
    options.response.on("error", () => undefined);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Begins the answer. */
  begin(headers: Readonly<Record<string, number | string | readonly string[] | undefined>>, opening: string): void {
    const { response } = this.#options;
    const present = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    // The end of the connection is the end of the stream: that costs a listener one write an event, without chunks around it.
    response.removeHeader("transfer-encoding");
    response.writeHead(200, Object.fromEntries(present) as Record<string, string>);
    response.write(opening);
  }

  hear(batches: readonly EventBatch[]): void {
    if (this.#over || this.#isSlow()) return;
    const text = this.#options.render(batches, this);
    if (text.length > 0) this.#options.response.write(text);
  }

  beat(): void {
    if (!this.#over && !this.#isSlow()) this.#options.response.write(HEARTBEAT);
  }

  async ready(): Promise<void> {
    const { response } = this.#options;
    if (this.#over || !response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      response.once("close", resolve);
    });
  }

  /** Says why, and ends. */
  bye(reason: string): void {
    if (this.#over) return;
    this.#options.response.end(byeText(reason));
    this.#end(reason);
  }

  /** Ends without a word. */
  cut(reason: string): void {
    this.#end(reason);
    this.#options.response.destroy();
  }

  #isSlow(): boolean {
    if (this.#options.response.writableLength <= STREAM_BYTES) return false;
    this.cut("slow");
    return true;
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.ended(this, reason);
  }
}
