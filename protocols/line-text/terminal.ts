/** A plain terminal that keeps the convention: shows lines, acknowledges them, and repeats its own until they are acknowledged. */
import { type DeviceOptions, type DeviceOutput, oneLine } from "../../src/core/index.ts";
import type { Terminal } from "../carried/inner.ts";
import { type InnerSettings, innerSettings } from "../carried/profile.ts";
import { type Line, readLine, writeLine } from "./grammar.ts";
import { lineBytes } from "./inner.ts";
import { Lines } from "./lines.ts";

/** Wait for `#ACK` before a line goes out again. */
const RESEND_MS = 30_000;
/** Texts remembered to show a repeated one only once. */
const MAX_SHOWN = 64;

interface Said {
  readonly token: string;
  readonly text: string;
  dueAt: number;
}

export class LineTerminal implements Terminal {
  readonly #options: DeviceOptions;
  readonly #settings: InnerSettings;
  #lines: Lines;
  #nextToken = 1;
  #said: Said[] = [];
  #late: { readonly at: number; readonly token: string }[] = [];
  readonly #shown = new Set<string>();

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = innerSettings(options.profile);
    this.#lines = new Lines(this.#settings.charset);
  }

  get deadline(): number | null {
    const times = [...this.#said.map(({ dueAt }) => dueAt), ...this.#late.map(({ at }) => at)];
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#lines = new Lines(this.#settings.charset);
    this.#late = [];
    return this.#said.map((said) => this.#tell(said, now));
  }

  received(payload: Buffer, now: number): readonly DeviceOutput[] {
    return this.#lines.read(payload).flatMap(({ text }) => this.#heard(readLine(text), now));
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    const said = { token: String(this.#nextToken), text: oneLine(text), dueAt: now };
    this.#nextToken += 1;
    this.#said.push(said);
    return [this.#tell(said, now)];
  }

  /** The driver types the number of the answer. */
  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.say(String(choice + 1), now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const again = this.#said.filter(({ dueAt }) => dueAt <= now);
    return [...due.map(({ token }) => this.#write({ type: "ack", token })), ...again.map((said) => this.#tell(said, now))];
  }

  #heard(line: Line, now: number): readonly DeviceOutput[] {
    if (line.type === "ack") return this.#acknowledged(line.token);
    if (line.type === "plain") return [{ type: "shown", text: line.text, tag: null }];
    if (line.type !== "text") return [{ type: "puzzled", reason: `${line.type} from the gateway` }];
    const { receipts, reply } = this.#options;
    if (receipts === "reject" || receipts === "garbled") return [this.#write({ type: "nak", token: line.token, reason: "no room" })];
    const receipt = this.#receipt(line.token, now);
    const key = `${line.token}:${line.text}`;
    if (this.#shown.has(key)) return receipt;
    this.#shown.add(key);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const out: readonly DeviceOutput[] = [{ type: "shown", text: line.text, tag: line.token }, ...receipt];
    return reply === null ? out : [...out, ...this.say(reply, now)];
  }

  #receipt(token: string, now: number): readonly DeviceOutput[] {
    const ack = this.#write({ type: "ack", token });
    switch (this.#options.receipts) {
      case "silent":
        return [];
      case "late":
        this.#late.push({ at: now + this.#options.lateMs, token });
        return [];
      case "duplicate":
        return [ack, ack];
      case "wrong-tag":
        return [this.#write({ type: "ack", token: String(Number(token) + 1) })];
      default:
        return [ack, this.#write({ type: "read", token })];
    }
  }

  #acknowledged(token: string): readonly DeviceOutput[] {
    const said = this.#said.find((other) => other.token === token);
    this.#said = this.#said.filter((other) => other !== said);
    return said === undefined ? [] : [{ type: "acknowledged", text: said.text }];
  }

  #tell(said: Said, now: number): DeviceOutput {
    said.dueAt = now + RESEND_MS;
    return this.#write({ type: "text", token: said.token, text: said.text });
  }

  #write(line: Exclude<Line, { type: "plain" }>): DeviceOutput {
    return { type: "write", bytes: lineBytes(writeLine(line), this.#settings.charset) };
  }
}
