/** Recordings from where people have them: a file, a packet capture, the standard input, or what they paste. */
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import type { Direction } from "../core/index.ts";
import { hexBytes } from "../tools/recordings/by-name.ts";
import { RECORDING_BYTES, type Recording, readRecordings } from "../tools/recordings/recording.ts";
import { readTsharkFields, tsharkArguments } from "../tools/recordings/tshark-fields.ts";
import { CommandError } from "./command-error.ts";

/** Magic numbers of pcap (both byte orders, both resolutions) and pcapng. */
const CAPTURES: ReadonlySet<string> = new Set(["d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "0a0d0d0a"]);
const TSHARK_MS = 120_000;
const STANDARD_INPUT = 0;

/** `-` is the standard input. Bytes that are no log are one recording of `direction`. Throws CommandError. */
export async function readRecordingFile(file: string, direction: Direction): Promise<readonly Recording[]> {
  const bytes = read(file);
  if (bytes.length === 0) throw new CommandError("there are no bytes to decode");
  if (CAPTURES.has(bytes.toString("hex", 0, 4))) return await readCapture(file);
  const recordings = recordingsIn(bytes.toString("latin1"), direction);
  return recordings.length > 0 ? recordings : [{ name: file, pieces: [{ direction, bytes, at: null }] }];
}

/** What a text holds: hex digits alone are one recording of `direction`; else a log. Empty: neither. */
export function recordingsIn(text: string, direction: Direction): readonly Recording[] {
  const bytes = hexBytes(text);
  return bytes === null ? readRecordings(text) : [{ name: "hex", pieces: [{ direction, bytes, at: null }] }];
}

function read(file: string): Buffer {
  const source = file === "-" ? STANDARD_INPUT : file;
  try {
    if (source !== STANDARD_INPUT && statSync(source).size > RECORDING_BYTES)
      throw new CommandError(`${file} has more than ${RECORDING_BYTES / 1024 / 1024} MiB: cut out what matters`);
    return readFileSync(source);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function readCapture(file: string): Promise<readonly Recording[]> {
  if (file === "-") throw new CommandError("a packet capture is read from a file, not from the standard input");
  const parameters = tsharkArguments(file);
  try {
    const { stdout } = await promisify(execFile)("tshark", parameters, { maxBuffer: 2 * RECORDING_BYTES, timeout: TSHARK_MS });
    const recordings = readTsharkFields(stdout.split("\n"));
    if (recordings.length === 0) throw new CommandError(`${file}: no TCP connection says anything in it`);
    return recordings;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new CommandError(`tshark could not read ${file}: ${firstLine(error)}`);
    const quoted = parameters.map((word) => (/[^\w./-]/u.test(word) ? `'${word}'` : word)).join(" ");
    throw new CommandError(
      `${file} is a packet capture: install tshark, or run this where it is and give what it prints: tshark ${quoted}`,
    );
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
