/** `tracker-chat capture`: writes conversations of devices down as transcripts, from a log or while they pass. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { Recording } from "../tools/recordings/recording.ts";
import { CommandError } from "./command-error.ts";
import { print } from "./output.ts";

interface CaptureFlags {
  readonly out: string;
  readonly from?: string;
  readonly listen?: string;
  readonly to?: string;
  readonly protocol: string;
  readonly profile: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

export function captureCommand(): Command {
  return new Command("capture")
    .description("write conversations of devices down as transcripts: from a log or a packet capture, or as they pass through")
    .requiredOption("--out <dir>", "folder of the transcripts")
    .option("--from <file>", "a log (Traccar's, tshark's fields, hex dumps) or a packet capture (needs tshark); - is the standard input")
    .option("--listen <host:port>", "where devices connect instead of at --to")
    .option("--to <host:port>", "the gateway that answers them: this one or any other")
    .addOption(new Option("--protocol <name>", "of all of them").default("auto"))
    .option("--profile <json>", "the trackers' profile, as in the fleet", "{}")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

const EXAMPLES = `
A running gateway records its own lines with \`tracker-chat serve --capture <dir>\`, with passwords left out by --capture-redact true.

Examples:
  tracker-chat capture --from field.pcap --out transcripts
  tracker-chat capture --from tracker-server.log --out transcripts
  tracker-chat capture --listen 0.0.0.0:5001 --to 127.0.0.1:5000 --out transcripts`;

async function run(flags: CaptureFlags): Promise<void> {
  const scribe = new Scribe(flags);
  if (flags.from !== undefined && flags.listen === undefined && flags.to === undefined) return await fromFile(flags.from, scribe);
  if (flags.from === undefined && flags.listen !== undefined && flags.to !== undefined)
    return await passingThrough(placeOf("--listen", flags.listen), placeOf("--to", flags.to), scribe);
  throw new CommandError("give --from, or --listen with --to");
}

async function fromFile(file: string, scribe: Scribe): Promise<void> {
  const { readRecordingFile } = await import("./recording-file.ts");
  const recordings = await readRecordingFile(file, "up");
  for (const recording of recordings) await scribe.write(recording);
  if (scribe.written === 0) throw new CommandError(`${file}: none of its ${recordings.length} conversations has a known protocol`);
}

async function passingThrough(listen: Place, upstream: Place, scribe: Scribe): Promise<void> {
  const { startProxy } = await import("../tools/capture/proxy.ts");
  const writing = new Set<Promise<void>>();
  const recorded = (recording: Recording): void => {
    const work = scribe.write(recording).finally(() => writing.delete(work));
    writing.add(work);
  };
  const proxy = await startProxy({ listen, upstream, recorded });
  await print(`${listen.host}:${proxy.port} passes to ${upstream.host}:${upstream.port}; Ctrl-C ends`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
  await proxy.stop();
  await Promise.all(writing);
}

/** Writes recordings into the folder, one transcript each. */
class Scribe {
  written = 0;
  readonly #flags: CaptureFlags;

  constructor(flags: CaptureFlags) {
    this.#flags = flags;
    try {
      mkdirSync(flags.out, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new CommandError(`--out: ${flags.out} cannot be made (${(error as NodeJS.ErrnoException).code})`);
    }
  }

  /** A conversation of no known protocol is said and left out. */
  async write(recording: Recording): Promise<void> {
    if (recording.pieces.length === 0) return;
    const [{ recordedProtocol }, { transcribe }, { profileArgument }] = await Promise.all([
      import("./recorded-protocol.ts"),
      import("../tools/transcribe.ts"),
      import("./profile-argument.ts"),
    ]);
    const found = await recordedProtocol(this.#flags.protocol, recording);
    if (found.type === "nobody") return await print(`left out: ${recording.name}: ${found.reason}`);
    const { protocol } = found;
    const text = transcribe(recording, { protocol, profile: profileArgument(this.#flags.profile) });
    const file = this.#free(`${protocol.name}-${recording.name.replaceAll(/[^\w.-]+/gu, "_").slice(0, 60)}`);
    writeFileSync(file, text, { mode: 0o600 });
    this.written += 1;
    await print(file);
  }

  /** Earlier transcripts are never overwritten. */
  #free(name: string): string {
    for (let count = 1; ; count += 1) {
      const file = join(this.#flags.out, `${name}${count === 1 ? "" : `-${count}`}.transcript`);
      if (!existsSync(file)) return file;
    }
  }
}

function placeOf(option: string, text: string): Place {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/u.exec(text) ?? [];
  if (host === "" || Number(port) > 65_535) throw new CommandError(`${option}: expected host:port, got ${JSON.stringify(text)}`);
  return { host: host.replace(/^\[(.*)\]$/u, "$1"), port: Number(port) };
}
