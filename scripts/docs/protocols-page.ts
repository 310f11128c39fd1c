/** docs/protocols.md: what each protocol can do and how a tracker's profile changes it, of the registry. */
import { PROTOCOLS } from "../../protocols/index.ts";
import { profileSettings } from "../../src/commands/profile-settings.ts";
import { type Capabilities, type Protocol, profileSchema } from "../../src/core/index.ts";
import { code, markdownTable } from "./markdown.ts";

export function protocolsPage(): string {
  return `# Protocols

Made by \`npm run docs\` from the running code; \`npx tracker-chat protocols\` prints the same. A tracker's \`protocol\` in the fleet document is the name below, its \`profile\` an
object of the settings. What one tracker can do under its profile: \`tracker/chat/capabilities\` ([extensions.md](extensions.md)). Whether a device does as the document says:
\`certify\` ([field-problems.md](field-problems.md#show-that-a-device-works)). Which passwords there are: [security.md](security.md#passwords-by-protocol).

${PROTOCOLS.map(({ name, title }) => `- [${title}](#${anchorOf(title)}): ${code(name)}`).join("\n")}

${PROTOCOLS.map(section).join("\n\n")}
`;
}

function section(protocol: Protocol): string {
  const { name, title, capabilities } = protocol;
  const settings = profileSettings(profileSchema(protocol)).map((setting) => [
    code(setting.name),
    code(setting.values),
    code(setting.fallback),
    setting.meaning,
  ]);
  return `## ${title}

${code(`"protocol": "${name}"`)}. What is answered, the sources and the bounds: [protocols/${name}](../protocols/${name}/README.md).

${markdownTable(["", "without a profile"], abilities(capabilities))}

${markdownTable(["setting", "values", "default", "meaning"], settings)}`;
}

function abilities(can: Capabilities): readonly (readonly string[])[] {
  return [
    ["texts to the device", TEXTS_DOWN[can.textDown]],
    ["texts from the driver", textsUp(can)],
    ["a receipt names", RECEIPTS[can.receipts]],
    ["texts on their way at once", String(can.window)],
    ["deliveries of a text before it is given up", String(can.attempts)],
    ...(can.receiptMs === undefined ? [] : [["a receipt may take", `${can.receiptMs / 1_000} s`]]),
    ["says that a text was read", can.read ? "yes" : "no"],
    ["questions of its own", can.choices ? "yes" : "no: the choices are numbered behind the text"],
    ["charsets, the default first", can.charsets.map(code).join(", ")],
    ["bytes of text in one part, at most", can.maxBytes.toLocaleString("en-US")],
    ["when a driver's text cannot be stored", UNSTORED[can.unstored]],
  ];
}

const TEXTS_DOWN = {
  chat: "yes",
  console: "only as commands, and only where the profile says so: [consoles](../protocols/console/README.md)",
  none: "no",
} as const satisfies Record<Capabilities["textDown"], string>;

const RECEIPTS = {
  "by-tag": "its text",
  "in-order": "none: it is of the oldest text on its way",
  none: "nothing: there are none",
} as const satisfies Record<Capabilities["receipts"], string>;

const UNSTORED = {
  silence: "it is not acknowledged",
  close: "it is not acknowledged, and the line is closed",
} as const satisfies Record<Capabilities["unstored"], string>;

function textsUp({ textUp, repeats }: Capabilities): string {
  if (!textUp) return "no";
  return repeats === false
    ? "yes; one whose acknowledgement was lost does not come again"
    : "yes; each comes again until it is acknowledged";
}

/** As GitHub makes them of headings. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}
