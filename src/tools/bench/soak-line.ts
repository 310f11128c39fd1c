/** A driver's line of the soak, which comes and goes. */
import type { Socket } from "node:net";
import { lineExchange, openLine } from "./load.ts";
import { wialonDevice } from "./product.ts";
import type { SoakCounts } from "./soak-load.ts";
import { Texts } from "./texts.ts";

/** One text outstanding at most, and none while the device is away. */
export class SoakLine {
  readonly #port: number;
  readonly #index: number;
  readonly #counts: SoakCounts;
  readonly #texts = new Texts("ASCII");
  readonly #answers = lineExchange(() => "").answers;
  #socket: Socket | null = null;
  #outstanding = 0;

  constructor(port: number, index: number, counts: SoakCounts) {
    this.#port = port;
    this.#index = index;
    this.#counts = counts;
  }

  async open(): Promise<void> {
    const socket = await openLine(this.#port, `#L#${wialonDevice(this.#index)};NA\r\n`);
    this.#socket = socket;
    this.#outstanding = 0;
    socket.on("data", (chunk) => {
      const count = this.#answers(chunk);
      this.#outstanding -= count;
      this.#counts.incoming += count;
    });
    // Its end is what is counted.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#counts.failed += 1;
    });
  }

  say(): void {
    if (this.#socket === null || this.#outstanding > 0) return;
    this.#outstanding += 1;
    this.#socket.write(this.#texts.frame());
  }

  async reconnect(): Promise<void> {
    this.close();
    await this.open();
    this.#counts.reconnects += 1;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }
}
