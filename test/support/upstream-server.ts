/** A scripted upstream server over real TCP: it keeps what it is told, and says what the test says. */
import { createServer, type Server, type Socket } from "node:net";

export interface UpstreamServerOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** Says this to each whole line that it gets; null: nothing. Absent: the test speaks by itself. */
  readonly answer?: (line: string) => string | null;
  /** It takes connections and reads nothing. */
  readonly deaf?: boolean;
}

export class UpstreamServer {
  readonly #server: Server;
  readonly #options: UpstreamServerOptions;
  readonly connections: { readonly socket: Socket; text: string; ended: boolean }[] = [];

  private constructor(options: UpstreamServerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: options.deaf === true }, (socket) => this.#connected(socket));
  }

  static async start(options: UpstreamServerOptions = {}): Promise<UpstreamServer> {
    const upstream = new UpstreamServer(options);
    await new Promise<void>((resolve, reject) => {
      upstream.#server.once("error", reject);
      upstream.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return upstream;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the upstream does not listen");
    return address.port;
  }

  get target(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** What the last connection brought, by lines. */
  get lines(): readonly string[] {
    return (this.connections.at(-1)?.text ?? "").split("\n").slice(0, -1);
  }

  say(...lines: readonly string[]): void {
    this.connections.at(-1)?.socket.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Drops its connections and listens no more; the port is free for another. */
  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(socket: Socket): void {
    const connection = { socket, text: "", ended: false };
    this.connections.push(connection);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      connection.ended = true;
    });
    if (this.#options.deaf === true) return;
    socket.on("data", (chunk) => {
      const known = connection.text.lastIndexOf("\n") + 1;
      connection.text += chunk.toString("utf8");
      for (const line of connection.text.slice(known).split("\n").slice(0, -1)) {
        const answer = this.#options.answer?.(line) ?? null;
        if (answer !== null) socket.write(`${answer}\n`);
      }
    });
  }
}
