/** What must hold for every protocol, whatever it is: nothing here names one, and a new folder needs no line here. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import type { Protocol } from "../src/core/index.ts";
import { survivesAnyBytes } from "./every-protocol/bytes.ts";
import { encodesAnyText } from "./every-protocol/encoding.ts";
import { explains } from "./every-protocol/explanation.ts";
import { carriesNothingElse } from "./every-protocol/injection.ts";
import { ignoresStrayReceipts } from "./every-protocol/receipts.ts";
import { storesRepeatsOnce } from "./every-protocol/repeats.ts";
import { plays } from "./every-protocol/replay.ts";
import { deliversTexts } from "./every-protocol/round-trip.ts";
import { holdsLittle } from "./every-protocol/size-caps.ts";
import { subjectOf } from "./every-protocol/subject.ts";
import { sharesItsLine } from "./every-protocol/tee.ts";
import { transcriptsOf } from "./support/transcripts.ts";

const root = join(import.meta.dirname, "..");
/** Conversations of the HTTP API, and what the fuzzer found. */
const OTHER_FIXTURES: readonly string[] = ["api", "fuzz"];

describe("the registry", () => {
  it("has every folder's protocol, under the name of its folder", async () => {
    const exported = await Promise.all(foldersOf("protocols").map(protocolsIn));
    expect(exported.flat(), "a folder's protocol must stand in protocols/index.ts").toEqual(PROTOCOLS.map(({ name }) => name).sort());
    for (const { name } of PROTOCOLS) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it("every protocol has transcripts and a README, and no transcript is of an unknown one", () => {
    for (const protocol of PROTOCOLS) {
      expect(transcriptsOf(protocol), `fixtures/${protocol.name}/*.transcript`).not.toEqual([]);
      expect(existsSync(join(root, "protocols", protocol.name, "README.md")), `protocols/${protocol.name}/README.md`).toBe(true);
      for (const { file, transcript } of transcriptsOf(protocol)) expect(transcript.protocol, file).toBe(protocol.name);
    }
    const known = [...PROTOCOLS.map(({ name }) => name), ...OTHER_FIXTURES];
    expect(foldersOf("fixtures").filter((folder) => !known.includes(folder))).toEqual([]);
  });
});

it("at most one protocol claims the first bytes of any transcript", () => {
  for (const protocol of PROTOCOLS) {
    for (const { file, transcript } of transcriptsOf(protocol)) {
      const first = transcript.steps.find((step) => step.type === "up");
      if (first?.type !== "up") continue;
      const claims = PROTOCOLS.filter((other) => other.detect(first.bytes.subarray(0, 64)) === "yes").map((other) => other.name);
      expect(
        claims.filter((name) => name !== protocol.name),
        file,
      ).toEqual([]);
    }
  }
});

describe.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))("%s", (_name, protocol) => {
  const subject = subjectOf(protocol);
  plays(subject);
  survivesAnyBytes(subject);
  holdsLittle(subject);
  explains(subject);
  encodesAnyText(subject);
  carriesNothingElse(subject);
  deliversTexts(subject);
  ignoresStrayReceipts(subject);
  storesRepeatsOnce(subject);
  sharesItsLine(subject);
});

function foldersOf(path: string): readonly string[] {
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** What a folder's index.ts exports that is a protocol, by name; a sub-protocol has none. */
async function protocolsIn(folder: string): Promise<readonly string[]> {
  const index = join(root, "protocols", folder, "index.ts");
  if (!existsSync(index)) return [];
  const exported: readonly unknown[] = Object.values((await import(index)) as Readonly<Record<string, unknown>>);
  const names = exported.filter(isProtocol).map(({ name }) => name);
  for (const name of names) expect(name, `the protocol of protocols/${folder}`).toBe(folder);
  return names;
}

function isProtocol(value: unknown): value is Protocol {
  return typeof value === "object" && value !== null && "capabilities" in value && "detect" in value;
}
