/** The simulated terminal at a serial port: what it writes goes up as `~P`, each with its `~M`. */
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { connectTerminal } from "../carried/index.ts";
import type { Terminal } from "../carried/inner.ts";
import type { DeviceSender } from "./device-sender.ts";
import type { DeviceSettings } from "./device-settings.ts";
import { serialData, serialTaken } from "./messages.ts";

export class DeviceTerminal {
  readonly #terminal: Terminal;
  readonly #sender: DeviceSender;
  readonly #port: number;

  private constructor(terminal: Terminal, sender: DeviceSender, port: number) {
    this.#terminal = terminal;
    this.#sender = sender;
    this.#port = port;
  }

  /** Null: nothing hangs at the port. */
  static of(options: DeviceOptions, settings: DeviceSettings, sender: DeviceSender): DeviceTerminal | null {
    const terminal = connectTerminal({ ...options, profile: { ...settings } });
    return terminal === null ? null : new DeviceTerminal(terminal, sender, settings.serialPort);
  }

  get deadline(): number | null {
    return this.#terminal.deadline;
  }

  connected(now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal.connected(now));
  }

  received(payload: Buffer, now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal.received(payload, now));
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal.say(text, now));
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal.choose(choice, now));
  }

  tick(now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal.tick(now));
  }

  #carry(outputs: readonly DeviceOutput[]): readonly DeviceOutput[] {
    for (const output of outputs) if (output.type === "write") this.#up(output.bytes);
    return outputs.filter((output) => output.type !== "write");
  }

  #up(data: Buffer): void {
    const bytes = serialData({ port: this.#port, data });
    this.#sender.add(() => ({ kind: "serial", bytes, answer: serialTaken(this.#port), text: null }));
  }
}
