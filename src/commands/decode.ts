/** `tracker-chat decode`: explains frames field by field, alone or in a log. */
import { Command, Option } from "commander";
import type { Direction, Protocol } from "../core/index.ts";
import type { Unit } from "../tools/explain-pieces.ts";
import type { Recording } from "../tools/recordings/recording.ts";
import { CommandError } from "./command-error.ts";
import { print, printJson, table } from "./output.ts";

interface DecodeFlags {
  readonly file?: string;
  readonly text?: boolean;
  readonly direction: Direction;
  readonly json?: boolean;
}

interface Explained extends Recording {
  readonly protocol: Protocol;
  readonly units: readonly Unit[];
}

export function decodeCommand(): Command {
  return new Command("decode")
    .description("explain frames field by field; secrets are left out")
    .argument("<protocol>", "its name, or auto to detect it")
    .argument("[hex]", "the bytes as hex digits, or lines of a log")
    .option(
      "--file <file>",
      "a log (Traccar's, tshark's fields, hex dumps), a capture (.pcap, needs tshark), hex digits, or raw bytes; - is the standard input",
    )
    .option("--text", "the argument is text, with \\r, \\n and \\xHH")
    .addOption(
      new Option("--direction <way>", "who sent it, where nothing says so: up is the device").choices(["up", "down"]).default("up"),
    )
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(decode);
}

const EXAMPLES = `
Examples:
  tracker-chat decode auto 234d2348656c6c6f0d0a
  tracker-chat decode NAME --text '#M#Hello\\r\\n'
  tracker-chat decode NAME --direction down --file frames.hex
  tracker-chat decode auto '[T7ebedb62: NAME < 10.0.0.1] 234d2348656c6c6f0d0a'
  tracker-chat decode auto --file tracker-server.log
  tracker-chat decode auto --file field.pcap`;

async function decode(name: string, hex: string | undefined, flags: DecodeFlags): Promise<void> {
  const recordings = await input(hex, flags);
  const explained: Explained[] = [];
  for (const recording of recordings) explained.push(await explain(name, recording));
  if (flags.json) return await printJson(explained.length === 1 && explained[0] ? jsonOf(explained[0]) : explained.map(jsonOf));
  await print(explained.map((one) => shown(one, explained.length > 1)).join("\n\n"));
}

async function explain(name: string, recording: Recording): Promise<Explained> {
  const [{ recordedProtocol }, { explainPieces }] = await Promise.all([
    import("./recorded-protocol.ts"),
    import("../tools/explain-pieces.ts"),
  ]);
  const found = await recordedProtocol(name, recording);
  if (found.type === "nobody") throw new CommandError(found.reason);
  const { protocol } = found;
  return { ...recording, protocol, units: explainPieces(protocol, recording.pieces) };
}

/** What is to be explained, one recording for each connection. */
async function input(hex: string | undefined, flags: DecodeFlags): Promise<readonly Recording[]> {
  if (hex !== undefined && flags.file !== undefined) throw new CommandError("give hex digits or --file, not both");
  if (hex === undefined && flags.file === undefined) throw new CommandError("give the bytes as hex digits, or --file");
  if (hex !== undefined && flags.text)
    return [{ name: "text", pieces: [{ direction: flags.direction, bytes: Buffer.from(unescaped(hex), "binary"), at: null }] }];
  const { readRecordingFile, recordingsIn } = await import("./recording-file.ts");
  if (flags.file !== undefined) return readRecordingFile(flags.file, flags.direction);
  const recordings = recordingsIn(hex ?? "", flags.direction);
  if (recordings.length === 0) throw new CommandError("these are no whole bytes in hex digits, and no lines of a log; for text use --text");
  return recordings;
}

/** To UTF-8 bytes, each as one character. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("binary");
  return bytes.replaceAll(/\\(r|n|\\|x[0-9a-f]{2})/gi, (_, what: string) => {
    if (what.startsWith("x")) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
    return what === "r" ? "\r" : what === "n" ? "\n" : "\\";
  });
}

function jsonOf({ name, protocol, units }: Explained): object {
  return { name, protocol: protocol.name, units: units.map((unit) => ({ ...unit, bytes: unit.bytes.toString("hex") })) };
}

function shown({ name, protocol, pieces, units }: Explained, named: boolean): string {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  const title = `${named ? `${name}: ` : ""}${protocol.title}, ${bytes} bytes`;
  const bothWays = units.some(({ direction }) => direction !== units[0]?.direction);
  return [title, ...units.map((unit) => shownUnit(unit, bothWays))].join("\n\n");
}

function shownUnit({ direction, kind, bytes, explanation, reason, at }: Unit, bothWays: boolean): string {
  const mark = bothWays ? (direction === "up" ? "> " : "< ") : "";
  const time = at === null ? "" : `${new Date(at).toISOString().slice(0, 23).replace("T", " ")} `;
  const title = explanation?.title ?? `${kind}: ${reason}`;
  const fields = (explanation?.fields ?? []).map(({ name, value, note }) => [`  ${name}`, value, note === undefined ? "" : `(${note})`]);
  return [`${time}${mark}${title}  [${bytes.length} bytes ${bytes.toString("hex")}]`, ...(fields.length > 0 ? [table(fields)] : [])].join(
    "\n",
  );
}
