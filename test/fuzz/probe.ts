/** One execution: an input and what is asked of it. */
import type { Profile } from "../../src/core/index.ts";
import { decodeAll } from "./codec.ts";
import { hear, type Story } from "./line.ts";
import { hearAsDevice, readAll } from "./reader.ts";
import type { Target } from "./target.ts";

/**
 * `line`: on a line, with the store and the clock as the seed has them. `cut`: two lines that hear the same bytes, cut and
 * whole, come to the same. `flood`: far more of it than of any frame, for the time and the memory it takes. `codec`: framer
 * and codec alone. `explain`: as the tools read it. `device`: as the simulated device hears it.
 */
export type Question = "line" | "cut" | "flood" | "codec" | "explain-up" | "explain-down" | "device";

export interface Probe {
  readonly question: Question;
  readonly profile: Profile;
  readonly chunks: readonly Buffer[];
  readonly seed: number;
}

export interface Result {
  /** Null: nothing that must not happen. */
  readonly fault: string | null;
  readonly features: ReadonlySet<string>;
  readonly written: readonly Buffer[];
  /** Bytes that were heard. */
  readonly bytes: number;
  /** Questions put to the store. */
  readonly asked: number;
}

/** CPU time that one input may take, in milliseconds, for as much as a socket hands over at once. */
const INPUT_MS = 50;
const READ_BYTES = 64 * 1024;
/** On top for each question, at which a line stops reading until the store has answered. */
const QUESTION_MS = 0.05;

/** Runs it, and measures again what seemed slow: on a busy machine the wall clock tells nothing. */
export function run({ protocol }: Pick<Target, "protocol">, probe: Probe): Result {
  const from = performance.now();
  const result = ask(protocol, probe);
  const bound = INPUT_MS * Math.max(1, result.bytes / READ_BYTES) + QUESTION_MS * result.asked;
  if (result.fault !== null || performance.now() - from <= bound) return result;
  const ms = Math.min(...[1, 2, 3].map(() => cpuMs(() => repeat(protocol, probe))));
  return ms <= bound ? result : { ...result, fault: `takes ${Math.round(ms)} ms for ${result.bytes} bytes` };
}

/** Once more, for the time alone. */
function repeat(protocol: Target["protocol"], probe: Probe): void {
  if (LISTENING.has(probe.question)) hear(protocol, { ...probe, seed: probe.question === "line" ? probe.seed : null, timed: true });
  else ask(protocol, probe);
}

const LISTENING: ReadonlySet<Question> = new Set(["line", "cut", "flood"]);

function ask(protocol: Target["protocol"], { question, profile, chunks, seed }: Probe): Result {
  switch (question) {
    case "line":
    case "flood": {
      const heard = hear(protocol, question === "line" ? { profile, chunks, seed } : { profile, chunks, seed: null, timed: true });
      return { ...heard, fault: heard.faults[0] ?? null };
    }
    case "cut": {
      const cut = hear(protocol, { profile, chunks, seed: null });
      const whole = hear(protocol, { profile, chunks: [Buffer.concat(chunks)], seed: null });
      return { ...cut, fault: cut.faults[0] ?? whole.faults[0] ?? differenceOf(cut.story, whole.story) };
    }
    case "codec":
      return unlessThrown(chunks, () => decodeAll(protocol, profile, chunks));
    case "explain-up":
      return unlessThrown(chunks, () => readAll(protocol, "up", chunks));
    case "explain-down":
      return unlessThrown(chunks, () => readAll(protocol, "down", chunks));
    case "device":
      return unlessThrown(chunks, () => hearAsDevice(protocol, profile, chunks));
  }
}

const NONE: ReadonlySet<string> = new Set();

/** `work` may give what must not be, too. */
function unlessThrown(chunks: readonly Buffer[], work: () => string | null): Result {
  const nothing = { features: NONE, written: [], asked: 0, bytes: chunks.reduce((sum, { length }) => sum + length, 0) };
  try {
    return { ...nothing, fault: work() };
  } catch (error) {
    return { ...nothing, fault: `throws ${error instanceof Error ? error.stack : String(error)}` };
  }
}

function differenceOf(cut: Story, whole: Story): string | null {
  const at = cut.effects.findIndex((effect, index) => effect !== whole.effects[index]);
  if (at !== -1 || cut.effects.length !== whole.effects.length) return difference(cut.effects.at(at), whole.effects.at(at));
  const [fewer, more] = cut.writes.length < whole.writes.length ? [cut.writes, whole.writes] : [whole.writes, cut.writes];
  const left = [...more];
  const missing = fewer.find((bytes) => !removed(left, bytes));
  return missing === undefined ? null : difference(missing, left[0]);
}

/** Their kinds, and in the lines behind them all of both. */
function difference(one = "nothing", other = "nothing"): string {
  return `cut otherwise: ${kindOf(one)} instead of ${kindOf(other)}\n${one.slice(0, SHOWN)}\n${other.slice(0, SHOWN)}`;
}

function removed(from: string[], wanted: string): boolean {
  const at = from.indexOf(wanted);
  if (at !== -1) from.splice(at, 1);
  return at !== -1;
}

function kindOf(line: string): string {
  return /^(?:\{"type":")?([a-z]+)/u.exec(line)?.[1] ?? "";
}

const SHOWN = 300;

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
