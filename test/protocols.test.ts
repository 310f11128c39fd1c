/** What must hold for every protocol, whatever it is: nothing here names one, and a new folder needs no line here. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
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
import { transcriptsOf } from "./support/transcripts.ts";

it("names are unique, kebab-case, and every protocol has transcripts and a README", () => {
  const names = PROTOCOLS.map((protocol) => protocol.name);
  expect(new Set(names).size).toBe(names.length);
  for (const protocol of PROTOCOLS) {
    expect(protocol.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(transcriptsOf(protocol).length).toBeGreaterThan(0);
    expect(existsSync(new URL(`../protocols/${protocol.name}/README.md`, import.meta.url))).toBe(true);
  }
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
  encodesAnyText(subject);
  explains(subject);
  holdsLittle(subject);
  deliversTexts(subject);
  ignoresStrayReceipts(subject);
  storesRepeatsOnce(subject);
  carriesNothingElse(subject);
});
