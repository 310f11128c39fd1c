/** `tracker-chat certify`: waits for a device, walks it through a conversation, and reports what it can do. */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { duration, MAX_TIMER_MS, port } from "../config-values.ts";
import { argument } from "./argument.ts";
import { CommandError } from "./command-error.ts";
import { print, printJson, table } from "./output.ts";
import { profileArgument } from "./profile-argument.ts";

interface CertifyFlags {
  readonly host: string;
  readonly port: number;
  readonly deviceId?: string;
  readonly password?: string;
  readonly profile: string;
  readonly text?: string;
  readonly patience: number;
  readonly receipt: number;
  readonly out?: string;
  readonly capture?: string;
  readonly json?: boolean;
}

/** Lines that only talk to one device may be as slow as it likes. */
const LIMITS = { loginMs: 60_000, idleMs: 3_600_000, halfFrameMs: 30_000, strikes: 100, loginAttempts: 10 };

export function certifyCommand(version: string): Command {
  const time = argument(duration(MAX_TIMER_MS));
  return new Command("certify")
    .description("wait for a device, walk it through login, texts, receipts and a reconnect, and print a report that its maker can show")
    .argument("<protocol>", "see `tracker-chat protocols`")
    .option("--host <host>", "where to listen", "0.0.0.0")
    .addOption(new Option("--port <port>", "its port").argParser(argument(port)).default(5_000))
    .option("--device-id <id>", "only this device; else the first that comes")
    .option("--password <text>", "the password or auth code that it must give")
    .option("--profile <json>", "the tracker's profile, as in the fleet", "{}")
    .option("--text <text>", "what is said where the words do not matter; for a console, a command that does no harm")
    .addOption(new Option("--patience <time>", "for what a person has to do").argParser(time).default(300_000, "5m"))
    .addOption(new Option("--receipt <time>", "for one receipt of the device").argParser(time).default(30_000, "30s"))
    .option("--out <file>", "write the report there too, as Markdown")
    .option("--capture <dir>", "write the conversations there as transcripts")
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES)
    .action((name: string, flags: CertifyFlags) => run(name, flags, version));
}

const EXAMPLES = `
Examples:
  tracker-chat certify NAME --port 5039
  tracker-chat certify NAME --profile '{"charset":"utf8"}' --out report.md --capture transcripts`;

async function run(name: string, flags: CertifyFlags, version: string): Promise<void> {
  const [{ protocolNamed }, { checkedProfile }, { Station }, { certify, certificatePage }] = await Promise.all([
    import("./protocol-named.ts"),
    import("../tools/checked-profile.ts"),
    import("../tools/certify/station.ts"),
    import("../tools/certify/certify.ts"),
  ]);
  const protocol = protocolNamed(name);
  const profile = checkedProfile(protocol, profileArgument(flags.profile));
  const limits = { ...LIMITS, receiptMs: flags.receipt };
  const capture = await captureTo(flags.capture);
  const guest = { protocol, profile, deviceId: flags.deviceId ?? null, password: flags.password ?? null };
  const station = new Station({ ...guest, host: flags.host, port: flags.port, limits, ...(capture === null ? {} : { tap: capture.tap }) });
  const say = (line: string): void => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  await station.start();
  try {
    // A text has two deliveries, and the line may be closed for want of a receipt between them.
    const patience = { deviceMs: 3 * flags.receipt, personMs: flags.patience };
    const gym = { station, protocol, profile, phrase: flags.text ?? null, ...patience, ask: (what: string) => say(`  > ${what}`) };
    const certificate = await certify(gym, ({ exercise, verdict, detail }) =>
      say(`${verdict.padEnd(15)}${table([[`${exercise}: ${detail}`]])}`),
    );
    const page = certificatePage(certificate, version);
    if (flags.out !== undefined) writeFileSync(flags.out, page);
    if (flags.json) await printJson(certificate);
    else await print(`\n${page}`);
    if (certificate.verdict === "failed") throw new CommandError("the device did not pass");
  } finally {
    await station.stop();
    await capture?.close();
  }
}

async function captureTo(folder: string | undefined): Promise<import("../tools/capture/capture.ts").Capture | null> {
  if (folder === undefined) return null;
  const { Capture } = await import("../tools/capture/capture.ts");
  return new Capture({ folder, redact: false, warn: ({ type }) => process.stderr.write(`tracker-chat: --capture: ${type}\n`) });
}
