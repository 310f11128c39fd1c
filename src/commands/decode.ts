/** `tracker-chat decode`: explains frames field by field. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { Direction, Explanation, Protocol } from "../core/index.ts";
import { CommandError } from "./command-error.ts";
import { print, printJson, table } from "./output.ts";

interface DecodeFlags {
  readonly file?: string;
  readonly text?: boolean;
  readonly direction: Direction;
  readonly json?: boolean;
}

/** One unit of the input; noise is what is no frame, rest what a frame still lacks. */
interface Unit {
  readonly kind: "frame" | "noise" | "rest" | "broken";
  readonly bytes: Buffer;
  readonly explanation: Explanation | null;
  readonly reason: string | null;
}

export function decodeCommand(): Command {
  return new Command("decode")
    .description("explain frames field by field; secrets are left out")
    .argument("<protocol>", "its name, or auto to detect it")
    .argument("[hex]", "the bytes as hex digits, blanks ignored")
    .option("--file <file>", "read them from a file: hex digits, else raw bytes")
    .option("--text", "the argument is text, with \\r, \\n and \\xHH")
    .addOption(new Option("--direction <way>", "who sent it: up is the device").choices(["up", "down"]).default("up"))
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(decode);
}

const EXAMPLES = `
Examples:
  tracker-chat decode auto 234d2348656c6c6f0d0a
  tracker-chat decode NAME --text '#M#Hello\\r\\n'
  tracker-chat decode NAME --direction down --file frames.hex`;

async function decode(name: string, hex: string | undefined, flags: DecodeFlags): Promise<void> {
  const bytes = input(hex, flags);
  if (bytes.length === 0) throw new CommandError("there are no bytes to decode");
  const protocol = await choose(name, bytes);
  const units = unitsOf(protocol, bytes, flags.direction);
  if (flags.json)
    await printJson({ protocol: protocol.name, units: units.map((unit) => ({ ...unit, bytes: unit.bytes.toString("hex") })) });
  else await print([`${protocol.title}, ${bytes.length} bytes`, ...units.map(show)].join("\n\n"));
}

function input(hex: string | undefined, flags: DecodeFlags): Buffer {
  if (hex !== undefined && flags.file !== undefined) throw new CommandError("give hex digits or --file, not both");
  if (flags.file !== undefined) return fromFile(flags.file);
  if (hex === undefined) throw new CommandError("give the bytes as hex digits, or --file");
  if (flags.text) return Buffer.from(unescaped(hex), "binary");
  const bytes = fromHex(hex);
  if (bytes === null) throw new CommandError("these are no whole bytes in hex digits; for text use --text");
  return bytes;
}

function fromFile(file: string): Buffer {
  try {
    const raw = readFileSync(file);
    return fromHex(raw.toString("latin1")) ?? raw;
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function fromHex(text: string): Buffer | null {
  const digits = text.replaceAll(/\s|0x|[,:]/gi, "");
  return digits.length % 2 === 0 && /^[0-9a-f]+$/i.test(digits) ? Buffer.from(digits, "hex") : null;
}

/** To UTF-8 bytes, each as one character. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("binary");
  return bytes.replaceAll(/\\(r|n|\\|x[0-9a-f]{2})/gi, (_, what: string) => {
    if (what.startsWith("x")) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
    return what === "r" ? "\r" : what === "n" ? "\n" : "\\";
  });
}

async function choose(name: string, bytes: Buffer): Promise<Protocol> {
  const { protocolNamed } = await import("./protocol-named.ts");
  if (name !== "auto") return protocolNamed(name);
  const { PROTOCOLS } = await import("../../protocols/index.ts");
  const { detect } = await import("../gateway/detector.ts");
  const detected = detect(bytes, PROTOCOLS);
  if (detected.type === "found") return detected.protocol;
  // What a gateway says begins otherwise than what a device says: then whole frames have to do.
  const framed = PROTOCOLS.find((protocol) => unitsOf(protocol, bytes, "down").every(({ kind }) => kind === "frame"));
  if (framed !== undefined) return framed;
  if (detected.type === "more") throw new CommandError("too few bytes to detect the protocol: name it");
  throw new CommandError("no protocol begins with these bytes");
}

function unitsOf(protocol: Protocol, bytes: Buffer, direction: Direction): readonly Unit[] {
  const framer = protocol.listen?.(direction) ?? protocol.connect().framer;
  framer.push(bytes);
  const units: Unit[] = [];
  for (let unit = framer.next(); unit !== null; unit = framer.next()) {
    if (unit.kind === "broken") {
      units.push({ kind: "broken", bytes: Buffer.alloc(0), explanation: null, reason: unit.reason });
      return units;
    }
    const frame = Buffer.from(unit.bytes);
    const explanation = unit.kind === "frame" ? protocol.explain(frame, direction) : null;
    units.push({ kind: unit.kind, bytes: frame, explanation, reason: unit.kind === "noise" ? unit.reason : null });
  }
  if (framer.buffered > 0) {
    units.push({
      kind: "rest",
      bytes: bytes.subarray(bytes.length - framer.buffered),
      explanation: null,
      reason: "a frame that is not complete",
    });
  }
  return units;
}

function show({ kind, bytes, explanation, reason }: Unit): string {
  const title = explanation?.title ?? `${kind}: ${reason}`;
  const fields = (explanation?.fields ?? []).map(({ name, value, note }) => [`  ${name}`, value, note === undefined ? "" : `(${note})`]);
  return [`${title}  [${bytes.length} bytes ${bytes.toString("hex")}]`, ...(fields.length > 0 ? [table(fields)] : [])].join("\n");
}
