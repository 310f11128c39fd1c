/** Writing transcripts: the text that `parseTranscript` reads. */
import type { Direction } from "./protocol.ts";
import type { Step, Transcript } from "./transcript.ts";

/** A step without the line that it stands on. */
export type NewStep = Step extends infer One ? (One extends Step ? Omit<One, "line"> : never) : never;

/** The headers and the empty line behind them. */
export function transcriptHead(head: Omit<Transcript, "steps" | "live">): string {
  const lines = [`title: ${oneLine(head.title)}`, `protocol: ${head.protocol}`, `device-id: ${oneLine(head.deviceId)}`];
  if (head.password !== null) lines.push(`password: ${oneLine(head.password)}`);
  if (Object.keys(head.profile).length > 0) lines.push(`profile: ${JSON.stringify(head.profile)}`);
  if (head.units.length > 0)
    lines.push(`units: ${JSON.stringify(Object.fromEntries(head.units.map(({ deviceId, ...rest }) => [deviceId, rest])))}`);
  return `${lines.join("\n")}\n\n`;
}

/** One step as its line, with its end. */
export function transcriptLine(step: NewStep): string {
  return `${words(step)}\n`;
}

/** What one side said as a step's line. */
export function saidLine(direction: Direction, bytes: Buffer): string {
  return `${direction === "up" ? ">" : "<"} ${bytesText(bytes)}\n`;
}

function words(step: NewStep): string {
  switch (step.type) {
    case "up":
      return `> ${bytesText(step.bytes)}`;
    case "down":
      return `< ${patternText(step.pattern)}`;
    case "send":
      return `send${step.urgent ? "!" : ""} ${whose(step)}${JSON.stringify(step.text)}${further(" ", step.choices)}`;
    case "text":
      return `text ${whose(step)}${JSON.stringify(step.text)}${further(" answers ", step.answers)}`;
    case "cancel":
    case "read":
      return `${step.type} ${whose(step)}${JSON.stringify(step.text)}`;
    case "settled":
      return `settled ${whose(step)}${step.outcome}${step.reason === null ? "" : ` ${oneLine(step.reason)}`}`;
    case "wait":
      return step.ms % 1_000 === 0 ? `wait ${step.ms / 1_000}s` : `wait ${step.ms}ms`;
    case "note":
      return `note ${step.kind}`;
    case "closed":
      return `closed ${step.reason}`;
    case "connect":
      return "connect";
    case "store":
      return `store ${step.up ? "up" : "down"}`;
  }
}

/** What a step may say besides. */
function further(word: string, value: string | readonly string[] | null): string {
  return value === null ? "" : word + JSON.stringify(value);
}

/** On a line that several units share. */
function whose({ unit }: { readonly unit: string | null }): string {
  return unit === null ? "" : `@${unit} `;
}

/** As a JSON string where it is text that people read, else as hex. */
function bytesText(bytes: Buffer): string {
  // Most of what devices say is plain, and a capture writes all of it down.
  if (isPlain(bytes)) return JSON.stringify(bytes.toString("latin1"));
  const text = bytes.toString("utf8");
  const readable = bytes.length > 0 && !UNREADABLE.test(text) && Buffer.from(text, "utf8").equals(bytes);
  return readable ? JSON.stringify(text) : bytes.toString("hex");
}

function isPlain(bytes: Buffer): boolean {
  for (const byte of bytes) if ((byte < 0x20 && byte !== CR && byte !== LF) || byte > 0x7e) return false;
  return bytes.length > 0;
}

function patternText(pattern: Extract<Step, { type: "down" }>["pattern"]): string {
  if (!pattern.includes(null)) return bytesText(Buffer.from(pattern as number[]));
  return pattern.map((byte) => (byte === null ? "??" : byte.toString(16).padStart(2, "0"))).join("");
}

/** Headers and reasons end with their line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

const CR = 0x0d;
const LF = 0x0a;
/** Controls but CR, LF and TAB, what is invisible or turns the direction of writing, and what did not decode. */
const UNREADABLE = /(?![\r\n\t])\p{Cc}|[\p{Cf}\u2028\u2029\uFFFD]/u;
