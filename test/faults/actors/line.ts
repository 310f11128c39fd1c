/** One TCP connection of a device to a gateway, with its entries in the history. */
import { connect, type Socket } from "node:net";
import type { Recorder } from "../history.ts";
import { Scanner, type Token } from "../texts.ts";

/** What came, and when. */
export interface Came extends Token {
  readonly at: number;
}

export interface LineOwner {
  opened(line: Line): void;
  heard(line: Line, chunk: Buffer): void;
  closed(line: Line): void;
}

export interface LineOptions {
  readonly owner: LineOwner;
  readonly id: number;
  readonly history: Recorder;
  readonly device: string;
  readonly node: number;
  readonly port: number;
}

const CONNECT_MS = 3_000;

export class Line {
  readonly id: number;
  readonly node: number;
  readonly #options: LineOptions;
  readonly #socket: Socket;
  readonly #scanner = new Scanner();
  online = false;
  /** Texts of which the device has not all bytes yet. */
  unfinished: readonly Came[] = [];

  constructor(options: LineOptions) {
    this.id = options.id;
    this.node = options.node;
    this.#options = options;
    const { owner, port } = options;
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    // Only until it is connected: an idle line stays as it is.
    const late = setTimeout(() => this.#socket.destroy(), CONNECT_MS);
    let reason = "closed by the gateway";
    this.#socket.once("connect", () => {
      clearTimeout(late);
      this.#note("opened", "");
      owner.opened(this);
    });
    this.#socket.on("data", (chunk) => owner.heard(this, chunk));
    this.#socket.on("error", (error) => {
      reason = error.message;
    });
    this.#socket.once("close", () => {
      clearTimeout(late);
      this.#note("closed", reason);
      owner.closed(this);
    });
  }

  get clientPort(): number | null {
    return this.#socket.localPort ?? null;
  }

  get isOpen(): boolean {
    return !this.#socket.connecting && !this.#socket.destroyed;
  }

  scan(chunk: Buffer): readonly Token[] {
    return this.#scanner.push(chunk);
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  loggedIn(): void {
    if (this.online) return;
    this.online = true;
    this.#note("online", "");
  }

  /** The device goes on over another line; this one is only read, for so long. */
  leave(lingerMs: number): void {
    this.#note("left", lingerMs === 0 ? "forgotten" : "lingers");
    if (lingerMs === 0) this.#socket.pause();
    // The network that swallows its end may be repaired later: then the other side hears of it.
    setTimeout(() => this.#socket.destroy(), lingerMs === 0 ? FORGOTTEN_MS : lingerMs);
  }

  end(): void {
    this.#socket.destroy();
  }

  #note(change: "opened" | "online" | "left" | "closed", reason: string): void {
    const { history, device, node } = this.#options;
    history.add({ op: "line", device, line: this.id, node, change, reason });
  }
}

const FORGOTTEN_MS = 60_000;
