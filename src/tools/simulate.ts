/** A device (or a fleet of them) on the terminal: shows each text that arrives, sends what is typed, sums up at the end. */
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { DeviceOptions, Protocol } from "../core/index.ts";
import { DeviceRunner, type RunnerEvents, type RunnerTarget } from "./device-runner.ts";

export interface SimulateOptions {
  readonly protocol: Protocol;
  readonly device: DeviceOptions;
  readonly target: RunnerTarget;
  /** Devices; the ids count up from the first. */
  readonly count: number;
}

export interface Summary {
  readonly devices: number;
  readonly online: number;
  readonly texts_shown: number;
  readonly texts_sent: number;
  readonly texts_acknowledged: number;
  readonly positions_acknowledged: number;
  readonly refused: number;
  readonly connections: number;
}

/** Devices that connect per turn of 10 ms, so that a large fleet does not overrun the listen queue. */
const STARTS_PER_TURN = 20;

class Simulation {
  readonly #options: SimulateOptions;
  readonly #out: Writable;
  readonly #runners: DeviceRunner[] = [];
  readonly #totals = { online: 0, shown: 0, sent: 0, acknowledged: 0, positions: 0, refused: 0, connections: 0 };
  #starting: NodeJS.Timeout | null = null;

  constructor(options: SimulateOptions, out: Writable) {
    this.#options = options;
    this.#out = out;
    for (let index = 0; index < options.count; index += 1) this.#runners.push(this.#runner(index));
  }

  start(input: Readable): void {
    let next = 0;
    this.#starting = setInterval(() => {
      for (const runner of this.#runners.slice(next, next + STARTS_PER_TURN)) runner.start();
      next += STARTS_PER_TURN;
      if (next >= this.#runners.length && this.#starting !== null) clearInterval(this.#starting);
    }, 10);
    createInterface({ input }).on("line", (line) => this.#typed(line));
  }

  stop(): Summary {
    if (this.#starting !== null) clearInterval(this.#starting);
    for (const runner of this.#runners) runner.stop();
    const { online, shown, sent, acknowledged, positions, refused, connections } = this.#totals;
    return {
      devices: this.#runners.length,
      online,
      texts_shown: shown,
      texts_sent: sent,
      texts_acknowledged: acknowledged,
      positions_acknowledged: positions,
      refused,
      connections,
    };
  }

  #runner(index: number): DeviceRunner {
    const { protocol, device, target, count } = this.#options;
    const deviceId = countUp(device.deviceId, index);
    const name = count > 1 ? `${deviceId}  ` : "";
    const print = (line: string): void => void this.#out.write(`${name}${line}\n`);
    return new DeviceRunner(protocol.device({ ...device, deviceId }), target, this.#events(print, deviceId));
  }

  #events(print: (line: string) => void, deviceId: string): RunnerEvents {
    const { host, port } = this.#options.target;
    return {
      connected: () => {
        this.#totals.connections += 1;
        print(`connected to ${host}:${port}`);
      },
      disconnected: (reason) => print(`disconnected: ${reason}`),
      output: (output) => {
        switch (output.type) {
          case "online":
            this.#totals.online += 1;
            return print(`online as ${deviceId}`);
          case "refused":
            this.#totals.refused += 1;
            return print(`login refused: ${output.reason}`);
          case "shown":
            this.#totals.shown += 1;
            print(`< ${printable(output.text)}`);
            return output.choices?.forEach((choice, at) => {
              print(`    /${at + 1}  ${printable(choice)}`);
            });
          case "acknowledged":
            this.#totals.acknowledged += 1;
            return print(`  acknowledged: ${printable(output.text)}`);
          case "acknowledged-position":
            this.#totals.positions += 1;
            return;
          case "hangup":
            return print(`  hangs up: ${output.reason}`);
          case "puzzled":
            return print(`  not understood: ${printable(output.reason)}`);
        }
      },
    };
  }

  #typed(line: string): void {
    const text = line.trim();
    if (text === "") return;
    if (text === "/position") return this.#each((runner) => runner.position());
    if (text === "/drop") return this.#each((runner) => runner.drop());
    const choice = /^\/(\d+)$/u.exec(text);
    if (choice !== null) return this.#each((runner) => runner.choose(Number(choice[1]) - 1));
    this.#totals.sent += this.#runners.length;
    this.#each((runner) => runner.say(text));
  }

  #each(action: (runner: DeviceRunner) => void): void {
    for (const runner of this.#runners) action(runner);
  }
}

/** Runs until SIGINT or SIGTERM, then prints the summary as one JSON line and exits 0. */
export function simulate(options: SimulateOptions): void {
  const simulation = new Simulation(options, process.stdout);
  const end = (): void => {
    process.stdout.write(`${JSON.stringify(simulation.stop())}\n`, () => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  process.stdout.write("type a text and Enter to send it; /position, /drop, /1 (answer a question); Ctrl-C ends\n");
  simulation.start(process.stdin);
}

/** "356307042441013" + 2 = "356307042441015", keeping leading zeros; an id without digits at its end gets a suffix. */
function countUp(deviceId: string, by: number): string {
  if (by === 0) return deviceId;
  const match = /^(.*?)(\d{1,15})$/u.exec(deviceId);
  if (match?.[2] === undefined) return `${deviceId}-${by}`;
  return `${match[1]}${String(Number(match[2]) + by).padStart(match[2].length, "0")}`;
}

/** Texts come from elsewhere: control characters and bidirectional overrides must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, (character) => (character === "\n" ? " / " : "\u{FFFD}"));
}
