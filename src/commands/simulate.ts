/** `tracker-chat simulate`: a device, or a fleet of them, on the terminal. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { duration, integer, MAX_TIMER_MS, port } from "../config-values.ts";
import type { ReceiptMode } from "../core/index.ts";
import { argument } from "./argument.ts";
import { CommandError } from "./command-error.ts";
import { profileArgument } from "./profile-argument.ts";

interface SimulateFlags {
  readonly deviceId: string;
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly reply?: string;
  readonly receipts: ReceiptMode;
  readonly late: number;
  readonly profile: string;
  readonly password?: string;
  readonly keepAlive: number;
  readonly tls?: true;
  readonly ca?: string;
}

const RECEIPTS = ["ok", "silent", "reject", "late", "duplicate", "wrong-tag", "garbled"] as const satisfies readonly ReceiptMode[];

export function simulateCommand(): Command {
  return new Command("simulate")
    .description("a device: connects, logs in, keeps alive, prints each text that arrives, sends what you type")
    .argument("<protocol>", "see `tracker-chat protocols`")
    .requiredOption("--device-id <id>", "what the device calls itself; with --count the first of them")
    .option("--host <host>", "where the gateway is", "127.0.0.1")
    .addOption(new Option("--port <port>", "its port").argParser(argument(port)).default(5_000))
    .addOption(new Option("--count <n>", "so many devices, ids counting up").argParser(argument(integer(1, 100_000))).default(1))
    .option("--reply <text>", "sent back after each text that arrives")
    .addOption(new Option("--receipts <mode>", "how texts are acknowledged").choices(RECEIPTS).default("ok"))
    .addOption(new Option("--late <time>", "delay of --receipts late").argParser(argument(duration(MAX_TIMER_MS))).default(30_000, "30s"))
    .option("--profile <json>", "the tracker's profile, as in the fleet", "{}")
    .option("--password <text>", "password or auth code")
    .addOption(new Option("--keep-alive <time>", "between heartbeats").argParser(argument(duration(MAX_TIMER_MS))).default(60_000, "1m"))
    .option("--tls", "over TLS; the gateway's certificate must be valid for the host")
    .option("--ca <file>", "with --tls: the PEM certificate that vouches for the gateway (default: those that the system trusts)")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  tracker-chat simulate NAME --device-id ID
  tracker-chat simulate NAME --device-id ID --reply 'on my way' --receipts late --late 20s
  tracker-chat simulate NAME --device-id 1000 --count 500
  tracker-chat simulate NAME --device-id ID --host gw.example.com --port 5443 --tls

NAME is one of the protocols, which "tracker-chat protocols" lists; "tracker-chat serve" shows the devices of the demo fleet.`;

async function run(name: string, flags: SimulateFlags): Promise<void> {
  const [{ protocolNamed }, { checkedProfile }, { simulate }] = await Promise.all([
    import("./protocol-named.ts"),
    import("../tools/checked-profile.ts"),
    import("../tools/simulate.ts"),
  ]);
  const protocol = protocolNamed(name);
  const { deviceId, receipts, host, port: gateway, count } = flags;
  const target = { host, port: gateway, ...(flags.tls ? { tls: { ca: authority(flags.ca) } } : {}) };
  const device = {
    deviceId,
    password: flags.password ?? null,
    profile: checkedProfile(protocol, profileArgument(flags.profile), true),
    receipts,
    lateMs: flags.late,
    reply: flags.reply ?? null,
    keepAliveMs: flags.keepAlive,
  };
  simulate({ protocol, device, target, count });
}

function authority(file: string | undefined): Buffer | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError(`--ca: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
